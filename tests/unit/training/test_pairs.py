"""Which tries are wrong, and which of them stands beside which right one."""

from dataclasses import replace

import pytest

from stages.core.verdict import Verdict
from stages.training.pairs import beside, is_wrong


@pytest.fixture
def wrong(make_solution):
    def make(name, text="2 + 2 = 5\n#### 5", **changes):
        one = make_solution(name, "c1", text, "target", Verdict.WRONG, kept=False)
        return replace(one, **{"reason": "wrong"} | changes)

    return make


@pytest.fixture
def right(make_solution):
    def make(name, text="2 + 2 = 4\n#### 4", **changes):
        return replace(make_solution(name, "c1", text, "target"), **changes)

    return make


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, True, id="another-answer-in-the-last-line"),
        pytest.param({"text": r"So it is $\boxed{5}$."}, True, id="another-answer-in-a-box"),
        pytest.param({"text": "```python\nprint(2 + 3)\n```\n#### 5"}, True, id="computed-in-code-and-another-answer"),
        pytest.param({"text": "2 + 2 is 5."}, False, id="an-answer-that-is-not-marked"),
        pytest.param({"text": r"<think>\boxed{5}</think>It is 5."}, False, id="marked-in-a-thought-alone"),
        pytest.param({"verdict": Verdict.TRUNCATED, "reason": "truncated"}, False, id="cut-before-an-answer"),
        pytest.param({"reason": "was cut"}, False, id="cut-after-an-answer"),
        pytest.param({"verdict": Verdict.NO_ANSWER, "reason": "no_answer"}, False, id="no-answer"),
        pytest.param({"verdict": Verdict.UNGRADABLE, "reason": "ungradable"}, False, id="nothing-to-compare-with"),
        pytest.param({"verdict": Verdict.FAILED, "reason": "no reply"}, False, id="failed-request"),
        pytest.param(
            {"verdict": Verdict.CORRECT, "reason": "an equation does not hold"}, False, id="right-answer-by-a-wrong-way"
        ),
        pytest.param({"author": "instructor"}, False, id="of-the-instructor"),
    ],
)
def test_try_of_the_target_is_wrong_for_its_marked_answer_alone(wrong, changes, expected):
    assert is_wrong(wrong("w", **changes)) is expected


def names(found):
    return {name: one.id for name, one in found.items()}


def test_right_one_gets_the_wrong_one_that_is_nearest_in_length(make_candidate, wrong, right):
    tries = [right("r"), wrong("long", "2 and 2 is 5, as all know.\n#### 5"), wrong("near", "2 + 2 = 22\n#### 22")]
    assert names(beside(make_candidate("c1"), tries)) == {"r": "near"}


def test_each_wrong_text_is_taken_once(make_candidate, wrong, right):
    tries = [right("r1"), right("r2", "Two and two is 4.\n#### 4"), right("r3", "4\n#### 4")]
    tries += [wrong("w1"), wrong("again"), wrong("w2", "Two and two is 5.\n#### 5")]
    found = beside(make_candidate("c1"), tries)
    assert list(found) == ["r1", "r2"]
    assert len({one.text for one in found.values()}) == 2


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"kept": False, "reason": "there are enough"}, id="not-trained-on"),
        pytest.param({"author": "instructor"}, id="of-the-instructor"),
        pytest.param({"author": "worked"}, id="written-with-the-problem"),
    ],
)
def test_only_right_ones_of_the_target_that_are_trained_on_have_one(make_candidate, wrong, right, changes):
    assert beside(make_candidate("c1"), [right("r", **changes), wrong("w")]) == {}


def test_nothing_is_wrong_where_nothing_certifies_the_answer(make_candidate, wrong, right):
    tries = [right("r"), wrong("w")]
    assert names(beside(make_candidate("c1"), tries)) == {"r": "w"}
    assert beside(replace(make_candidate("c1"), certificate="none"), tries) == {}
