"""Grades and counts of outputs on held-out problems."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from stages.answers.thoughts import without_thoughts
from stages.arithmetic.mistakes import find_first_mistake
from stages.core.files import sample_id
from stages.core.metrics import Evaluation, Majority
from stages.core.records import Problem, TestPrediction
from stages.core.verdict import SCORED, Verdict
from stages.evaluation.comparison import by_problem, rate
from stages.evaluation.intervals import of_rates, wilson
from stages.grading.grade import grade_problem
from stages.grading.votes import commonest
from stages.model.generation import Generation, Stop


def to_test_prediction(
    name: str, problem: Problem, generation: Generation, engine: str, sample: int = 0
) -> TestPrediction:
    """Grade what `engine` wrote in a try at a problem of a set; a bad output gets the kind of its first mistake.

    The mistake comes from the arithmetic, not from the instructor: it costs nothing and means the same in every
    iteration.
    """
    output = generation.text
    graded = grade_problem(problem, output, truncated=generation.stop == Stop.LENGTH)
    mistake = None
    if graded.verdict in SCORED - {Verdict.CORRECT}:
        mistake = find_first_mistake(problem.question, problem.solution, without_thoughts(output)).kind.value
    return TestPrediction(
        id=sample_id(name, problem.id, output, sample=sample),
        problem_set=name,
        problem_id=problem.id,
        output=output,
        tokens=generation.tokens,
        extracted=graded.extracted,
        verdict=graded.verdict,
        mistake=mistake,
        engine=engine,
        sample=sample,
    )


def summarize(predictions: Sequence[TestPrediction], engine: str) -> Evaluation:
    """Return accuracy, 95 % interval and counts of one set, predicted by `engine`.

    Accuracy excludes outputs that could not be graded. Of several samples of a problem it takes their mean.
    """
    verdicts = Counter(prediction.verdict for prediction in predictions)
    samples = max(Counter(prediction.problem_id for prediction in predictions).values(), default=1)
    tries = by_problem(predictions)
    rates = [rate(of_problem) for of_problem in tries.values()]
    correct = round(math.fsum(rates), 4)
    return Evaluation(
        problems=len({prediction.problem_id for prediction in predictions}),
        scored=len(tries),
        correct=int(correct) if correct.is_integer() else correct,
        accuracy=round(sum(rates) / len(rates), 4) if rates else None,
        interval=_rounded(of_rates(rates, samples)),
        verdicts={verdict: verdicts[verdict] for verdict in Verdict},
        mistakes=dict(Counter(prediction.mistake for prediction in predictions if prediction.mistake)),
        tokens=sum(prediction.tokens for prediction in predictions),
        engine=engine,
        samples=samples,
        rates=sorted(({1.0: 0, 0.0: 0} | Counter(round(one, 6) for one in rates)).items(), reverse=True),
        majority=_majority(tries) if samples > 1 else None,
    )


def _majority(tries: Mapping[str, Sequence[TestPrediction]]) -> Majority:
    commonest_of = [(of_problem, commonest(of_problem)) for of_problem in tries.values()]
    correct = sum(
        index is not None and of_problem[index].verdict is Verdict.CORRECT for of_problem, index in commonest_of
    )
    share = round(correct / len(tries), 4) if tries else None
    return Majority(correct, share, _rounded(wilson(correct, len(tries))))


def _rounded(interval: tuple[float, float]) -> tuple[float, float]:
    low, high = interval
    return round(low, 4), round(high, 4)
