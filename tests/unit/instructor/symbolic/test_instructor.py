"""The symbolic instructor as the pipeline sees it; its arithmetic has tests of its own."""

import re
from dataclasses import replace

import pytest

from stages.core.exceptions import ParamsError
from stages.instructor.interface import Example, SynthesisRequest
from stages.instructor.symbolic.instructor import SymbolicInstructor

QUESTION = "Tom has 3 red apples and buys 4 green apples. How many apples does he have?"


@pytest.fixture
def apples(make_case):
    return make_case("apples", QUESTION, "He has 3 + 4 = 7 apples.\n#### 7", "7")


@pytest.fixture
def riddle(make_case):
    return make_case("riddle", "What walks on 4 legs in the morning?", "A man, as Oedipus knew.\n#### man", "man")


def request(name, *cases, count=4, seed=0):
    shown = tuple(Example(case.id, case.question, case.solution, case.answer, "sums") for case in cases)
    return SynthesisRequest(name, "t1", "slips in an addition", "", shown, (), count, seed)


def drafts(*requests):
    return SymbolicInstructor().synthesize(requests)


def test_one_keyphrase_for_each_case_in_the_same_order(apples, riddle):
    found = SymbolicInstructor().keyphrases([riddle, apples, apples])
    assert [keyphrase.bad_case_id for keyphrase in found] == ["riddle", "apples", "apples"]
    assert all(keyphrase.keyphrase for keyphrase in found)
    assert found[1] == found[2]
    assert found[0].id != found[1].id


def test_different_mistakes_get_different_keyphrases(make_case):
    case = make_case("c", QUESTION, "3 + 4 = 7\n#### 7", "7")
    outputs = ["3 + 4 = 8\n#### 8", "3 * 4 = 12\n#### 12", ""]
    found = SymbolicInstructor().keyphrases([replace(case, output=output) for output in outputs])
    assert len({keyphrase.keyphrase for keyphrase in found}) == 3


def test_no_cases_give_no_keyphrases_and_no_requests_no_drafts():
    assert SymbolicInstructor().keyphrases([]) == []
    assert drafts() == []


def test_drafts_have_new_numbers_in_the_same_words_and_a_right_solution(apples):
    ((one, *others),) = drafts(request("r", apples))
    assert len(others) == 3
    for draft in (one, *others):
        found = re.fullmatch(r"Tom has (\d+) red apples and buys (\d+) green apples\. How many .*", draft.question)
        a, b = found.groups()
        total = int(a) + int(b)
        assert (a, b) != ("3", "4")
        assert draft.answer == str(total)
        assert draft.solution == f"He has {a} + {b} = {total} apples.\n#### {total}"
        assert draft.demonstration_ids == ("apples",)
        assert draft.failure is None


def test_demonstrations_take_turns_and_one_that_cannot_be_renumbered_says_why(apples, riddle):
    (made,) = drafts(request("r", apples, riddle, count=5))
    assert [draft.demonstration_ids for draft in made] == [("apples",), ("riddle",)] * 2 + [("apples",)]
    assert [draft.failure is None for draft in made] == [True, False, True, False, True]
    assert made[1].failure
    assert (made[1].question, made[1].solution, made[1].answer) == ("", "", "")


def test_same_request_gives_the_same_drafts_and_another_id_or_seed_others(apples):
    first = drafts(request("r", apples, count=6))
    assert drafts(request("r", apples, count=6)) == first
    assert drafts(request("s", apples, count=6)) != first
    assert drafts(request("r", apples, count=6, seed=1)) != first


def test_drafts_of_a_request_do_not_depend_on_the_requests_before_it(apples):
    alone = drafts(request("r2", apples))
    assert drafts(request("r1", apples), request("r2", apples))[1:] == alone


def test_types_are_called_by_their_central_keyphrase_and_explained():
    [named] = SymbolicInstructor().name_types([["leaves out the final addition", "slips in a long division"]])
    assert named.name == "leaves out the final addition"
    assert named.explanation == "The solution gives an intermediate result as its answer: an addition is left to do."


def test_grouping_needs_another_instructor():
    with pytest.raises(
        ParamsError, match=r"cannot group 2 keyphrases .* set `instructor.providers.keyphrases: openai`"
    ):
        SymbolicInstructor().group_keyphrases(["adds", "slips"])


def test_symbolic_instructor_solves_nothing():
    assert SymbolicInstructor().solve(["How much is 1 + 1?", "And 2 + 2?"], 3, 0) == [[], []]


def test_problem_with_a_box_is_renumbered_by_its_formula(make_case):
    case = make_case("boxed", "Compute $12 + 30$.", r"We have $12 + 30 = \boxed{42}$.", "42")
    ((draft,),) = drafts(request("r", case, count=1))
    a, b = map(int, re.fullmatch(r"Compute \$(\d+) \+ (\d+)\$\.", draft.question).groups())
    assert draft.answer == str(a + b)
    assert draft.solution.endswith(rf"\boxed{{{a + b}}}$.")
    assert draft.failure is None
