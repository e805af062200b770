"""Results over several sets: each set counts the same, whatever its size; checked by hand and against other draws."""

import random
from dataclasses import replace

import pytest

from stages.core.metrics import Comparison, Comparisons, Evaluation, Majority, MistakeChange
from stages.core.verdict import Verdict
from stages.evaluation import pooled
from stages.evaluation.paired import difference_interval, mcnemar


def measured(correct, scored):
    verdicts = dict.fromkeys(Verdict, 0) | {Verdict.CORRECT: correct, Verdict.WRONG: scored - correct}
    share = correct / scored if scored else None
    rates = [(1.0, correct), (0.0, scored - correct)]
    return Evaluation(
        scored, scored, correct, share, (0.0, 1.0), verdicts, {"slip": scored - correct}, 10, "vllm", 1, rates, None
    )


def changes_of(fixed, broken, problems):
    return [(1.0, fixed), (-1.0, broken), (0.0, problems - fixed - broken)]


def compared(fixed, broken, problems):
    mistakes = {"slip": MistakeChange(problems, problems - fixed, fixed, broken)}
    difference = (fixed - broken) / max(problems, 1)
    changes = changes_of(fixed, broken, problems)
    return Comparison(problems, fixed, broken, difference, (0.0, 0.0), 1.0, False, mistakes, changes)


def both(*counts):
    return Comparisons(compared(*counts), compared(*counts))


def test_accuracy_is_the_mean_of_the_sets_accuracies():
    found = pooled.evaluations({"test/a": measured(90, 100), "test/b": measured(1, 10), "ood/c": measured(1, 2)})
    assert set(found) == {"test"}
    one = found["test"]
    # (0.9 + 0.1) / 2, where 91 of 110 would be 0.83.
    assert (one.accuracy, one.correct, one.scored, one.problems, one.tokens) == (0.5, 91, 110, 110, 20)
    assert one.verdicts == dict.fromkeys(Verdict, 0) | {Verdict.CORRECT: 91, Verdict.WRONG: 19}
    assert one.mistakes == {"slip": 19}


def test_interval_resamples_each_set_within_itself():
    found = pooled.evaluations({"ood/a": measured(30, 60), "ood/b": measured(5, 40)})["ood"]
    rng = random.Random(1)
    means = sorted(
        (sum(rng.random() < 0.5 for _ in range(60)) / 60 + sum(rng.random() < 0.125 for _ in range(40)) / 40) / 2
        for _ in range(4000)
    )
    assert found.interval == (pytest.approx(means[100], abs=0.015), pytest.approx(means[3900], abs=0.015))


def test_dev_sets_and_sets_without_a_scored_problem_are_not_pooled():
    assert pooled.evaluations({"dev/a": measured(1, 2), "dev/b": measured(1, 2)}) == {}
    assert pooled.evaluations({"test/a": measured(1, 2), "test/b": measured(0, 0)}) == {}
    assert pooled.comparisons({"dev/a": both(1, 0, 2), "dev/b": both(1, 0, 2)}, 0) == {}


def test_difference_is_the_mean_of_the_sets_and_the_test_is_of_all_problems():
    one = pooled.comparisons({"test/a": both(12, 2, 100), "test/b": both(3, 1, 10)}, 0)["test"].base
    assert (one.fixed, one.broken, one.problems, one.difference) == (15, 3, 110, 0.15)
    assert one.p == pytest.approx(mcnemar(15, 3), abs=1e-4)
    assert one.mistakes == {"slip": MistakeChange(110, 95, 15, 3)}
    assert one.measurable == (one.p < 0.05 and one.interval[0] > 0)


def test_two_equal_sets_have_a_narrower_interval_than_one_and_the_same_middle():
    pair = pooled.comparisons({"test/a": both(20, 5, 100), "test/b": both(20, 5, 100)}, 0)["test"].base
    low, high = difference_interval(changes_of(20, 5, 100), 0)
    assert low < pair.interval[0] < 0.15 < pair.interval[1] < high
    # The variance of a mean of two is half of that of one.
    assert (high - low) / (pair.interval[1] - pair.interval[0]) == pytest.approx(2**0.5, abs=0.1)


def test_base_and_parent_are_pooled_each():
    sets = {name: Comparisons(compared(4, 0, 10), compared(0, 2, 10)) for name in ("ood/a", "ood/b")}
    found = pooled.comparisons(sets, 0)["ood"]
    assert (found.base.difference, found.parent.difference) == (0.4, -0.2)
    assert pooled.comparisons(sets, 0)["ood"] == found
    assert replace(found.base, interval=(0.0, 0.0)) == replace(
        pooled.comparisons(sets, 1)["ood"].base, interval=(0.0, 0.0)
    )


def test_several_samples_are_pooled_by_their_mean_and_by_their_majority():
    # 10 problems at 0.5 and 10 at 1 are 0.75 in the mean, with no problem below a half.
    sampled = replace(measured(15, 20), rates=[(1.0, 10), (0.5, 10)], samples=2, majority=Majority(12, 0.6, (0.0, 1.0)))
    other = replace(measured(1, 4), samples=2, majority=Majority(0, 0.0, (0.0, 1.0)))
    one = pooled.evaluations({"test/a": sampled, "test/b": other})["test"]
    assert (one.accuracy, one.samples, one.rates) == (0.5, 2, [(1.0, 11), (0.5, 10), (0.0, 3)])
    assert one.majority
    assert (one.majority.correct, one.majority.accuracy) == (12, 0.3)
    once = pooled.evaluations({"test/a": measured(15, 20), "test/b": measured(1, 4)})["test"]
    assert one.interval[1] - one.interval[0] < once.interval[1] - once.interval[0]
    assert once.majority is None
