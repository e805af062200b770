"""Grades and counts of outputs on held-out problems."""

from collections import Counter
from collections.abc import Sequence

from stages.answers.thoughts import without_thoughts
from stages.arithmetic.mistakes import find_first_mistake
from stages.core.files import content_id
from stages.core.metrics import Evaluation
from stages.core.records import Problem, TestPrediction
from stages.core.verdict import SCORED, Verdict
from stages.evaluation.intervals import wilson
from stages.grading.grade import grade_problem
from stages.model.generation import Generation, Stop


def to_test_prediction(name: str, problem: Problem, generation: Generation, engine: str) -> TestPrediction:
    """Grade what `engine` wrote for a problem of the named set; a bad output gets the kind of its first mistake.

    The mistake comes from the arithmetic, not from the instructor: it costs nothing and means the same in every
    iteration.
    """
    output = generation.text
    graded = grade_problem(problem, output, truncated=generation.stop == Stop.LENGTH)
    mistake = None
    if graded.verdict in SCORED - {Verdict.CORRECT}:
        mistake = find_first_mistake(problem.question, problem.solution, without_thoughts(output)).kind.value
    return TestPrediction(
        id=content_id(name, problem.id, output),
        problem_set=name,
        problem_id=problem.id,
        output=output,
        tokens=generation.tokens,
        extracted=graded.extracted,
        verdict=graded.verdict,
        mistake=mistake,
        engine=engine,
    )


def summarize(predictions: Sequence[TestPrediction], engine: str) -> Evaluation:
    """Return accuracy, 95 % interval and counts of one set, predicted by `engine`.

    Accuracy excludes outputs that could not be graded.
    """
    verdicts = Counter(prediction.verdict for prediction in predictions)
    scored = sum(verdicts[verdict] for verdict in SCORED)
    correct = verdicts[Verdict.CORRECT]
    low, high = wilson(correct, scored)
    return Evaluation(
        problems=len(predictions),
        scored=scored,
        correct=correct,
        accuracy=round(correct / scored, 4) if scored else None,
        interval=(round(low, 4), round(high, 4)),
        verdicts={verdict: verdicts[verdict] for verdict in Verdict},
        mistakes=dict(Counter(prediction.mistake for prediction in predictions if prediction.mistake)),
        tokens=sum(prediction.tokens for prediction in predictions),
        engine=engine,
    )
