"""Solutions by candidate."""

from stages.core.solutions import kept_by_candidate, pass_rates
from stages.core.verdict import Verdict


def test_kept_solutions_come_by_candidate_in_their_order(make_solution):
    made = [make_solution("s1", "b"), make_solution("s2", "a"), make_solution("s3", "b"), make_solution("s4", "b")]
    left_out = [make_solution("s5", "b", kept=False), make_solution("s6", "c", kept=False)]
    found = kept_by_candidate([left_out[0], *made, left_out[1]])
    assert {name: [one.id for one in own] for name, own in found.items()} == {"b": ["s1", "s3", "s4"], "a": ["s2"]}


def test_pass_rate_is_the_share_of_right_ones_among_an_authors_scored_tries(make_solution):
    verdicts = [
        ("a", "target", Verdict.CORRECT), ("a", "target", Verdict.WRONG), ("a", "target", Verdict.TRUNCATED),
        ("a", "target", Verdict.NO_ANSWER), ("a", "instructor", Verdict.CORRECT), ("a", "instructor", Verdict.FAILED),
        ("b", "target", Verdict.CORRECT), ("c", "instructor", Verdict.FAILED), ("c", "worked", Verdict.CORRECT),
    ]  # fmt: skip
    made = [make_solution(f"s{i}", *one[:1], author=one[1], verdict=one[2]) for i, one in enumerate(verdicts)]
    assert pass_rates(made, "target") == {"a": 0.25, "b": 1.0}
    assert pass_rates(made, "instructor") == {"a": 1.0}  # c has no try that is scored


def test_right_try_that_is_not_kept_counts(make_solution):
    assert pass_rates([make_solution("s", "a", author="target", kept=False)], "target") == {"a": 1.0}
