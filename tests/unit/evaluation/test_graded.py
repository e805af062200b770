"""Graded outputs, and what is counted of them."""

from dataclasses import replace

import pytest

from stages.core.metrics import Evaluation, Majority
from stages.core.records import TestPrediction
from stages.core.verdict import Verdict
from stages.evaluation.graded import summarize, to_test_prediction
from stages.model.generation import Generation


def test_test_prediction_is_graded_and_belongs_to_its_set(make_problem):
    made = to_test_prediction("ood/x", make_problem(1), Generation("#### 2", 7, "answer"), "vllm")
    assert made == TestPrediction(made.id, "ood/x", "p1", "#### 2", 7, "2", Verdict.CORRECT, None, "vllm", 0)
    other = to_test_prediction("test", make_problem(1), Generation("#### 2", 7, "answer"), "vllm")
    assert other.id != made.id


@pytest.mark.parametrize(
    ("output", "stop", "fault", "verdict", "mistake"),
    [
        pytest.param("1 + 1 = 3\n#### 3", "answer", None, Verdict.WRONG, "arithmetic_slip", id="wrong"),
        pytest.param("1 * 1 = 1\n#### 1", "answer", None, Verdict.WRONG, "wrong_operation", id="wrong-operation"),
        pytest.param("", "end", None, Verdict.NO_ANSWER, "no_equation", id="silent"),
        pytest.param("1 + 1 = 2 and", "length", None, Verdict.TRUNCATED, "no_answer", id="cut"),
        pytest.param("1 + 1 = 2\n#### 2", "answer", None, Verdict.CORRECT, None, id="right"),
        pytest.param("1 + 1 = 3\n#### 3", "answer", "contradicted", Verdict.UNGRADABLE, None, id="gold-at-fault"),
    ],
)
def test_bad_test_prediction_has_the_kind_of_its_first_mistake(make_problem, output, stop, fault, verdict, mistake):
    problem = replace(make_problem(1), gold_fault=fault)
    made = to_test_prediction("test", problem, Generation(output, 7, stop), "vllm")
    assert (made.verdict, made.mistake) == (verdict, mistake)


def predictions(**counts):
    mistakes = {"wrong": "arithmetic_slip", "no_answer": "no_answer", "truncated": "no_answer"}
    return [
        TestPrediction(
            f"{verdict}{i}", "test", f"{verdict}{i}", "", 10, None, Verdict(verdict), mistakes.get(verdict), "vllm", 0
        )
        for verdict, count in counts.items()
        for i in range(count)
    ]


def test_summary_leaves_ungradable_and_failed_out_of_accuracy_and_counts_them():
    summary = summarize(predictions(correct=5, wrong=2, no_answer=2, truncated=1, ungradable=3, failed=4), "vllm")
    # 5 of 10; Wilson: 0.5 -+ 1.96 * sqrt(0.025 + 0.0096), both over 1.38415.
    verdicts = {"correct": 5, "wrong": 2, "no_answer": 2, "truncated": 1, "ungradable": 3, "failed": 4}
    assert summary == Evaluation(
        problems=17, scored=10, correct=5, accuracy=0.5, interval=(0.2366, 0.7634), verdicts=verdicts,
        mistakes={"arithmetic_slip": 2, "no_answer": 3}, tokens=170, engine="vllm", samples=1,
        rates=[(1.0, 5), (0.0, 5)], majority=None,
    )  # fmt: skip


@pytest.mark.parametrize("found", [predictions(ungradable=2), []], ids=["ungradable", "empty-set"])
def test_summary_of_nothing_gradable_has_no_accuracy(found):
    summary = summarize(found, "vllm")
    assert (summary.accuracy, summary.interval, summary.scored) == (None, (0.0, 1.0), 0)
    assert (summary.problems, summary.engine) == (len(found), "vllm")


def sampled(**answers):
    """Three tries at each problem, whose right answer is 2."""
    verdicts = {"2": Verdict.CORRECT, "2.0": Verdict.CORRECT, None: Verdict.NO_ANSWER}
    return [
        TestPrediction(
            f"{problem}{i}", "test", problem, "", 10, said, verdicts.get(said, Verdict.WRONG), None, "vllm", i
        )
        for problem, those in answers.items()
        for i, said in enumerate(those)
    ]


def test_several_samples_give_their_mean_and_their_majority():
    tries = sampled(
        a=["2", "3", "2.0"], b=["3", "4", "2"], c=[None, None, "2"], d=["1/2", "2", "0.5"], e=["7", "7", "7"]
    )
    summary = summarize(tries, "vllm")
    assert (summary.problems, summary.scored, summary.samples) == (5, 5, 3)
    # 2/3 + 1/3 + 1/3 + 1/3 + 0 = 5/3; of 5 problems a third.
    assert (summary.correct, summary.accuracy) == (1.6667, 0.3333)
    assert summary.rates == [(1.0, 0), (0.666667, 1), (0.333333, 3), (0.0, 1)]
    # a by two spellings, c since outputs without an answer do not vote; b is a tie, and its first answer is 3;
    # d says a half twice.
    assert summary.majority == Majority(2, 0.4, summarize(sampled(a="2", b="2", c="3", d="3", e="3"), "vllm").interval)
    assert summary.verdicts[Verdict.CORRECT] == 5
    assert summary.tokens == 150


def test_samples_with_the_same_text_have_ids_of_their_own(make_problem):
    made = [to_test_prediction("t", make_problem(1), Generation("2", 1, "end"), "vllm", i) for i in (0, 1)]
    assert len({one.id for one in made}) == 2
    assert [one.sample for one in made] == [0, 1]
