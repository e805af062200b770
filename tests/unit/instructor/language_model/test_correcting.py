import json
from dataclasses import replace

import pytest

from stages.instructor.language_model import correcting
from tests.unit.instructor.language_model.replies import failed, reply

QUESTION = "A box has 6 red pens and 4 blue pens. How many pens are in 5 boxes?"
GOLD = "6 + 4 = 10\n5 * 10 = 50\n#### 50"
OUTPUT = "A box has 6 + 4 = 10 pens.\n\nSo all boxes\nhave 5 * 10 = 55 pens.\n#### 55"
START = "A box has 6 + 4 = 10 pens."
RIGHT = {"quote": "boxes have 5 * 10 = 55", "correction": "Wait: 5 * 10 = 50, not 55.", "rest": "5 * 10 = 50\n#### 50"}


@pytest.fixture
def case(make_case):
    return replace(make_case("c", QUESTION, GOLD, "50"), output=f"<think>Hm.</think>{OUTPUT}")


def draft(case, truncated=False, **changes):
    return correcting.draft(case, reply(json.dumps(RIGHT | changes), truncated))


def test_request_shows_the_problem_its_solution_and_what_the_pupil_said(case):
    [made] = correcting.requests([case])
    assert f"Problem:\n{QUESTION}\n\nCorrect solution:\n{GOLD}\n\nPupil's attempt:\n{OUTPUT}\n\nFollow" in made.prompt
    assert "End it with a line `#### 50`." in made.prompt
    assert made.prompt.endswith(r'"rest": "next step\n#### answer"}')
    assert json.loads(made.schema.body)["required"] == ["quote", "correction", "rest"]


def test_box_is_asked_for_where_the_gold_solution_has_one(case):
    [made] = correcting.requests([replace(case, solution=r"It is $5 \cdot 10 = \boxed{50}$.")])
    assert r"that has the answer in a box: $\boxed{50}$." in made.prompt
    assert made.prompt.endswith(r'"rest": "next step\nThe answer is $\\boxed{answer}$."}')


def test_each_case_is_a_request_of_its_own(case):
    one, other = correcting.requests([case, replace(case, output="Other words.")])
    assert one.prompt != other.prompt
    assert [one] == correcting.requests([case])


def test_output_is_cut_before_the_quoted_words_corrected_and_carried_on(case):
    made = draft(case)
    # The quote goes over a line end; what is cut begins with the line that it begins in.
    assert made.solution == f"{START}\nWait: 5 * 10 = 50, not 55.\n5 * 10 = 50\n#### 50"
    assert (made.question, made.answer, made.demonstration_ids) == (QUESTION, "50", ("c",))
    assert (made.failure, made.certificate) == (None, "gold")


def test_what_surrounds_the_reply_steps_in_a_list_and_a_correction_of_two_lines_are_read(case):
    value = RIGHT | {"correction": "Wait:\n5 * 10 = 50.", "rest": ["5 * 10 = 50", "#### 50", "Done."]}
    made = correcting.draft(case, reply(f"Here it is:\n```json\n{json.dumps(value)}\n```"))
    assert made.solution == f"{START}\nWait: 5 * 10 = 50.\n5 * 10 = 50\n#### 50"


def test_latex_of_a_quote_is_found(case):
    latex = replace(case, output="\\[ 6 + 4 = 10 \\]\n\\[ 5 \\times 10 = 55 \\]")
    made = correcting.draft(latex, reply(r'{"quote": "5 \times 10 = 55", "correction": "No.", "rest": "#### 50"}'))
    assert made.solution == "\\[ 6 + 4 = 10 \\]\nNo.\n#### 50"


USELESS = {
    "other words": ({"quote": "5 * 11 = 55"}, "quotes no words of the output"),
    "no words": ({"quote": ""}, "quotes no words of the output"),
    "a quote that is a list": ({"quote": [{"a": 1}]}, "quotes no words of the output"),
    "the first words": ({"quote": "A box has"}, "nothing right before the first mistake"),
    "no correction": ({"correction": " "}, "no correction in the reply"),
    "no answer": ({"rest": "5 * 10 = 50"}, "no final answer"),
    "no rest": ({"rest": None}, "no final answer"),
}


@pytest.mark.parametrize(("changes", "reason"), USELESS.values(), ids=USELESS)
def test_reply_that_does_not_fit_is_a_failed_draft_with_its_text(case, changes, reason):
    made = draft(case, **changes)
    assert (made.failure, made.solution) == (reason, json.dumps(RIGHT | changes))


def test_reply_that_failed_or_was_cut_says_so(case):
    assert correcting.draft(case, failed("refused", "I will not")).failure == "refused"
    assert correcting.draft(case, reply("I cannot.")).failure == "no correction in the reply"
    cut = json.dumps(RIGHT)[:-12]
    assert correcting.draft(case, reply(cut, truncated=True)).failure == "reply cut before its end"
