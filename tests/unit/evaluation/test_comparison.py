"""Comparing two models on one test set."""

from dataclasses import replace

import pytest

from stages.core.metrics import MistakeChange
from stages.core.records import TestPrediction
from stages.core.verdict import Verdict
from stages.evaluation.comparison import compare


def predictions(**verdicts):
    """Test predictions by problem; a kind of mistake stands for a wrong answer."""
    names = {verdict.value for verdict in Verdict}
    return [
        TestPrediction(f"x{problem}", "test", problem, "", 1, None, Verdict(said if said in names else "wrong"),
                       None if said in names else said, "vllm", 0)
        for problem, said in verdicts.items()
    ]  # fmt: skip


def test_comparison_counts_what_was_fixed_and_broken_and_of_which_kind():
    before = predictions(a="slip", b="slip", c="operation", d="correct", e="correct", f="slip")
    after = predictions(a="correct", b="slip", c="slip", d="operation", e="correct", f="correct")
    found = compare(before, after, 0)
    assert (found.problems, found.fixed, found.broken, found.difference) == (6, 2, 1, 0.1667)
    # Two to one: of 3 tosses at most 1 on the rarer side, both ways: 2 * (1 + 3) / 8 = 1.
    assert (found.p, found.measurable) == (1.0, False)
    assert found.mistakes == {
        "operation": MistakeChange(before=1, after=1, fixed=0, broken=1),
        "slip": MistakeChange(before=3, after=2, fixed=2, broken=0),
    }


def test_problems_are_joined_by_id_whatever_their_order():
    before = predictions(a="slip", b="correct", c="correct")
    after = predictions(c="correct", b="slip", a="correct")
    found = compare(before, after, 0)
    assert (found.fixed, found.broken) == (1, 1)


def test_only_problems_scored_for_both_models_are_compared():
    before = predictions(a="slip", b="failed", c="correct", d="correct")
    after = predictions(a="correct", b="correct", c="ungradable", e="correct")
    found = compare(before, after, 0)
    assert (found.problems, found.fixed, found.broken) == (1, 1, 0)


def test_model_compared_with_itself_shows_no_measurable_change():
    same = predictions(a="slip", b="correct", c="operation")
    found = compare(same, same, 0)
    assert (found.difference, found.interval, found.p, found.measurable) == (0.0, (0.0, 0.0), 1.0, False)


@pytest.mark.parametrize(
    ("fixed", "p", "measurable"), [(4, 2 / 2**4, False), (5, 2 / 2**5, False), (6, 2 / 2**6, True)]
)
def test_few_fixed_and_none_broken_are_measurable_only_where_the_test_rejects(fixed, p, measurable):
    before = predictions(**{f"p{i}": "slip" for i in range(132)})
    after = predictions(**{f"p{i}": "correct" if i < fixed else "slip" for i in range(132)})
    found = compare(before, after, 0)
    assert found.interval[0] > 0
    assert (found.p, found.measurable) == (float(f"{p:.3g}"), measurable)


def test_nothing_in_common_is_no_difference_at_all():
    found = compare(predictions(a="slip"), predictions(b="slip"), 0)
    assert (found.problems, found.difference, found.interval) == (0, None, (-1.0, 1.0))
    assert found.measurable is False


def test_several_samples_are_compared_by_the_pass_rates_of_problems():
    # Four tries each; a: 1 to 3 of 4, b: 2 to 1, c: 2 to 2, d is scored for one model alone.
    def tries(counts):
        return [
            replace(one, sample=i)
            for problem, right in counts.items()
            for i in range(4)
            for one in predictions(**{problem: "correct" if i < right else "slip"})
        ]

    found = compare(tries({"a": 1, "b": 2, "c": 2}), tries({"a": 3, "b": 1, "c": 2, "d": 4}), 0)
    assert (found.problems, found.fixed, found.broken) == (3, 1, 1)
    assert found.changes == [(1.0, 0), (-1.0, 0), (0.5, 1), (-0.25, 1), (0.0, 1)]
    assert found.difference == 0.0833  # (2 - 1 + 0) / 12
    # Wrong outputs: before 3 + 2 + 2, after 1 + 3 + 2; the 3 of a were of a problem that is fixed.
    assert found.mistakes == {"slip": MistakeChange(before=7, after=6, fixed=3, broken=3)}
