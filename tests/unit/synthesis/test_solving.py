"""Tries at candidates: which are right, and which of the right ones are trained on."""

from dataclasses import replace

import pytest

from stages.core.exceptions import ParamsError
from stages.core.params import parse
from stages.core.records import Candidate
from stages.core.verdict import Verdict
from stages.instructor.interface import Attempt
from stages.synthesis import solving
from stages.synthesis.solving import Samples, SolveCandidates, choose

WORKED = "2 + 3 = 5\n5 * 4 = 20\n#### 20"


def candidate(name="c", strategy="sei"):
    return Candidate(name, "How many?", WORKED, "20", "t1", [], "", strategy, [], None, "sums", "construction", None)


def params(solutions="target", target=4, instructor=4, **changes):
    values = {
        "temperature": 0.7, "keep": 2, "order": "shortest", "unsolved": "drop", "max_pass_rate": 1.0,
        "min_pass_rate": 0.0,
    }  # fmt: skip
    return SolveCandidates(solutions=solutions, samples=Samples(target, instructor), **(values | changes))


def tries(*texts, of="c", author="target"):
    """Return graded tries of an author."""
    one = candidate(of)
    if author == "target":
        return [solving.of_target(one, i, text, 9, truncated=False) for i, text in enumerate(texts)]
    return [solving.of_instructor(one, i, Attempt(text, False, None)) for i, text in enumerate(texts)]


def reasons(tried, section, likelihoods=None, candidates=None):
    """Return why each try is left out, by its text; None for a kept one."""
    candidates = candidates or [candidate()]
    everything = [*(solving.worked(one) for one in candidates), *tried]
    chosen = choose(candidates, everything, section, likelihoods or {})
    assert len(chosen) == len(everything)
    assert all(one.kept is (one.reason is None) for one in chosen)
    return {one.text: one.reason for one in chosen}


RIGHT = "3 + 2 = 5\n5 + 15 = 20\n#### 20"
WRONG = "2 + 3 = 5\n#### 5"
HARMLESS = "Half of 40 is 20.\n#### 20"
CODE = "computes in code that nobody runs"
FALSE = "an equation does not hold"
GRADED = {
    "right": (RIGHT, False, Verdict.CORRECT, None),
    "right in a box": (r"$2 + 3 = 5$, so $5 \cdot 4 = 20$ and \boxed{20}.", False, Verdict.CORRECT, None),
    "right without an equation": (HARMLESS, False, Verdict.CORRECT, None),
    "wrong": (WRONG, False, Verdict.WRONG, "wrong"),
    "no answer": ("I do not know.", False, Verdict.NO_ANSWER, "no_answer"),
    "cut before its answer": ("2 + 3 =", True, Verdict.TRUNCATED, "truncated"),
    "cut after its answer": (f"{RIGHT}\nNext:", True, Verdict.CORRECT, "was cut"),
    "cut after a wrong answer": (f"{WRONG}\nNext:", True, Verdict.WRONG, "was cut"),
    "code": ("```python\nprint(4 * 5)\n```\n```output\n20\n```\n#### 20", False, Verdict.CORRECT, CODE),
    "false equation": ("40 - 200 = 20\n#### 20", False, Verdict.CORRECT, FALSE),
    "false equation in LaTeX": (r"So $40 - 200 = 20$ and \boxed{20}.", False, Verdict.CORRECT, FALSE),
    "false fraction in LaTeX": (r"So $\frac{60}{2} = 20$ and \boxed{20}.", False, Verdict.CORRECT, FALSE),
    "false root in LaTeX": (r"So $\sqrt{16} = 5$ and \boxed{20}.", False, Verdict.CORRECT, FALSE),
    "false equation in a thought": (f"<think>40 - 200 = 20?</think>\n{RIGHT}", False, Verdict.CORRECT, None),
    "false equation after a thought": (
        "<think>4 * 5 = 20</think>40 - 200 = 20\n#### 20",
        False,
        Verdict.CORRECT,
        FALSE,
    ),
}


@pytest.mark.parametrize(("text", "truncated", "verdict", "reason"), GRADED.values(), ids=GRADED)
def test_try_is_kept_only_if_right_whole_and_without_a_false_equation(text, truncated, verdict, reason):
    made = solving.of_target(candidate(), 3, text, 9, truncated=truncated)
    assert (made.verdict, made.reason, made.kept) == (verdict, reason, reason is None)
    assert (made.candidate_id, made.author, made.sample, made.tokens) == ("c", "target", 3, 9)
    other = solving.of_instructor(candidate(), 3, Attempt(text, truncated, None))
    assert (other.author, other.tokens) == ("instructor", None)
    assert replace(other, id=made.id, author="target", tokens=9) == made
    assert other.id != made.id


def test_try_that_failed_is_neither_right_nor_wrong_and_has_the_reason():
    made = solving.of_instructor(candidate(), 0, Attempt("", False, "time-out"))
    assert (made.verdict, made.kept, made.reason) == (Verdict.FAILED, False, "time-out")


def test_worked_solution_is_a_right_one():
    made = solving.worked(candidate())
    assert (made.author, made.text, made.verdict, made.kept) == ("worked", WORKED, Verdict.CORRECT, True)
    assert (made.results, made.certified_results) == (2, 2)


@pytest.mark.parametrize(
    ("text", "results", "certified"),
    [
        pytest.param(RIGHT, 2, 2, id="the-same-in-another-way"),
        # 8, 12 and 20, of which the worked solution has 20.
        pytest.param("4 * 2 = 8\n4 * 3 = 12\n8 + 12 = 20\n#### 20", 3, 1, id="another-chain"),
        pytest.param("2 + 3 = 5\n10 - 5 = 5\n5 * 4 = 20\n#### 20", 2, 2, id="a-result-twice-counts-once"),
        pytest.param(HARMLESS, 0, 0, id="no-equations"),
        pytest.param(r"$2 + 3 = 5$ and $5 \cdot 4 = 20$: \boxed{20}", 2, 2, id="LaTeX"),
    ],
)
def test_results_and_those_on_the_certified_chain_are_counted(text, results, certified):
    (made,) = tries(text)
    assert (made.results, made.certified_results) == (results, certified)


LONG = "2 + 3 = 5. Then we go on.\n5 * 4 = 20\n#### 20"
MIDDLE = "2 + 3 = 5. Then:\n5 * 4 = 20\n#### 20"
SHORT = "4 * 5 = 20\n#### 20"


def test_distinct_ones_are_kept_the_shortest_first():
    repeat = SHORT.replace(" = ", "  = ")
    assert reasons(tries(LONG, SHORT, MIDDLE, repeat, WRONG), params()) == {
        WORKED: "of another author: worked",
        SHORT: None,
        MIDDLE: None,
        LONG: "there are enough",
        repeat: "repeats another",
        WRONG: "wrong",
    }


def test_kept_ones_of_a_candidate_come_first_in_their_order():
    chosen = choose([candidate()], [solving.worked(candidate()), *tries(LONG, WRONG, SHORT, MIDDLE)], params(), {})
    assert [one.text for one in chosen] == [SHORT, MIDDLE, WORKED, LONG, WRONG]


def test_by_likelihood_the_likeliest_come_first_and_those_without_one_last():
    long, short, middle = tries(LONG, SHORT, MIDDLE)
    section = params(order="likelihood", keep=1)
    assert reasons([long, short, middle], section, {long.id: -0.2, middle.id: -0.5})[LONG] is None
    assert reasons([long, short, middle], section, {long.id: -0.9, middle.id: -0.5})[MIDDLE] is None
    two = reasons([long, short, middle], params(order="likelihood"), {long.id: -0.9, middle.id: -0.5})
    assert two[SHORT] == "there are enough"


def test_solutions_of_one_author_leave_out_those_of_the_other():
    tried = [*tries(LONG), *tries(SHORT, author="instructor")]
    assert reasons(tried, params("target"))[SHORT] == "of another author: instructor"
    found = reasons(tried, params("instructor"))
    assert (found[SHORT], found[LONG]) == (None, "of another author: target")
    assert reasons(tried, params("both", keep=1)) == {
        WORKED: "of another author: worked", SHORT: None, LONG: "there are enough",
    }  # fmt: skip


def test_unsolved_candidate_is_dropped_or_has_its_worked_solution():
    assert reasons(tries(WRONG), params()) == {WORKED: "of another author: worked", WRONG: "wrong"}
    assert reasons(tries(WRONG), params(unsolved="worked")) == {WORKED: None, WRONG: "wrong"}
    other = [*tries(WRONG), *tries(SHORT, author="instructor")]
    assert reasons(other, params(unsolved="worked")) == {
        WORKED: None, WRONG: "wrong", SHORT: "of another author: instructor",
    }  # fmt: skip


def test_solved_candidate_does_not_have_its_worked_solution():
    assert reasons(tries(SHORT), params(unsolved="worked"))[WORKED] == "of another author: worked"


def test_worked_keeps_one_solution_of_each_candidate_whatever_the_tries():
    candidates = [candidate("a"), candidate("b")]
    tried = [*tries(SHORT, WRONG, of="a"), *tries(WRONG, of="b")]
    everything = [*map(solving.worked, candidates), *tried]
    chosen = choose(candidates, everything, params("worked"), {})
    assert [(one.candidate_id, one.author) for one in chosen if one.kept] == [("a", "worked"), ("b", "worked")]
    assert [one.candidate_id for one in chosen] == ["a", "a", "a", "b", "b"]


@pytest.mark.parametrize("solutions", ["worked", "target", "both"])
def test_candidate_that_the_target_solves_more_often_than_allowed_is_left_out(solutions):
    tried = tries(SHORT, LONG, MIDDLE, WRONG)  # 3 of 4
    kept = reasons(tried, params(solutions, max_pass_rate=0.75))
    assert None in kept.values()
    found = reasons(tried, params(solutions, max_pass_rate=0.74))
    easy = "the target solves it already"
    assert found == {WORKED: easy, SHORT: easy, LONG: easy, MIDDLE: easy, WRONG: "wrong"}


def test_pass_rate_of_the_instructor_makes_no_candidate_too_easy():
    tried = [*tries(WRONG), *tries(SHORT, author="instructor")]
    assert reasons(tried, params("instructor", max_pass_rate=0.5))[SHORT] is None


def test_good_case_is_kept_though_the_target_solves_it():
    good = [candidate(strategy="good_cases")]
    assert reasons(tries(SHORT), params(max_pass_rate=0.5), candidates=good)[SHORT] is None


def test_candidate_that_its_best_author_solves_too_seldom_is_left_out():
    tried = [*tries(WRONG, WRONG, WRONG, WRONG), *tries(SHORT, WRONG, author="instructor")]  # none of 4, 1 of 2
    assert reasons(tried, params("instructor", min_pass_rate=0.5))[SHORT] is None
    found = reasons(tried, params("instructor", min_pass_rate=0.51))
    assert found == {WORKED: "too hard", SHORT: "too hard", WRONG: "wrong"}


def test_candidate_without_a_scored_try_is_neither_too_easy_nor_too_hard():
    failed = solving.of_instructor(candidate(), 0, Attempt("", False, "time-out"))
    section = params("worked", min_pass_rate=1.0, max_pass_rate=0.0)
    assert reasons([failed], section)[WORKED] is None


SECTION = {
    "solutions": "worked", "samples": {"target": 0, "instructor": 0}, "temperature": 0.7, "keep": 2,
    "order": "shortest", "unsolved": "drop", "max_pass_rate": 0.9, "min_pass_rate": 0.0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        pytest.param({"solutions": "target"}, r"samples\.target is 0, and solutions is `target`", id="target"),
        pytest.param(
            {"solutions": "both", "samples": {"target": 4, "instructor": 0}},
            r"samples\.instructor is 0, and solutions is `both`; ask for 1 or more",
            id="both",
        ),
        pytest.param({"solutions": "gold"}, r"solutions` must be 'worked', 'target'", id="unknown-author"),
        pytest.param({"keep": 0}, r"keep` must be greater than or equal to 1, not 0", id="keeps-none"),
        pytest.param({"max_pass_rate": 1.1}, r"max_pass_rate` must be less than or equal to 1, not 1\.1", id="rate"),
        pytest.param(
            {"solutions": "target", "samples": {"target": 1, "instructor": 0}},
            r"samples\.target is 1: a right try makes a pass rate of 1, above max_pass_rate",
            id="one-try",
        ),
        pytest.param({"order": "likelihood"}, r"there is nothing to order", id="one-solution-in-order"),
        pytest.param(
            {"samples": {"target": 4, "instructor": 0}, "temperature": 0},
            r"temperature is 0, at which all 4 samples would be the same",
            id="several-greedy-tries",
        ),
        pytest.param({"temperature": -1}, r"temperature` must be greater than or equal to 0, not -1", id="temperature"),
    ],
)
def test_fault_of_the_section_is_a_line(changes, line):
    with pytest.raises(ParamsError, match=line):
        parse(SolveCandidates, SECTION | changes, "solve_candidates")


def test_target_is_used_for_tries_and_for_likelihoods_alone():
    assert [params("worked", 0, 4).uses_target, params("worked", 1, 0).uses_target] == [False, True]
    assert params("instructor", 0, 2, order="likelihood").uses_target


def test_exercise_that_the_target_always_solves_is_kept():
    tried = tries(RIGHT, RIGHT)
    section = params(max_pass_rate=0.5)
    assert reasons(tried, section)[RIGHT] == "the target solves it already"
    assert reasons(tried, section, candidates=[replace(candidate(), skill="one step")])[RIGHT] != (
        "the target solves it already"
    )
