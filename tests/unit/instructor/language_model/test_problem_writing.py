import json
from dataclasses import replace

import pytest

from stages.instructor.interface import Draft, Example, SynthesisRequest
from stages.instructor.language_model import problem_writing
from stages.llm import completions
from tests.unit.instructor.language_model.replies import failed, reply
from tests.unit.llm.conftest import make_params

ANN = Example("a", "Ann has 3 pens and buys 4. How many?", "3 + 4 = 7\n#### 7", "7", "sums")
BOB = Example("b", "Bob has 9 pens and loses 4. How many?", "9 - 4 = 5\n#### 5", "5", "sums")
NEW = Example("n", "Eve has 6 pens and buys 2. How many?", "6 + 2 = 8\n#### 8", "8", "sums")
IDS = ("a", "b")


def request(name="Mixes operations", accepted=(NEW,)):
    return SynthesisRequest("r1", "t1", name, f"{name}!" if name else "", (ANN, BOB), accepted, 20, 5)


def test_request_shows_the_type_with_bad_cases_and_accepted_problems():
    [made] = problem_writing.requests([request()])
    assert "share this weakness: Mixes operations\nMixes operations!\n" in made.prompt
    failed_on, accepted = made.prompt.split("Problems that were written for them before")
    assert f"Problem: {ANN.question}\nSolution:\n{ANN.solution}\n\nProblem: {BOB.question}" in failed_on
    assert NEW.question not in failed_on
    assert f"Problem: {NEW.question}\nSolution:\n{NEW.solution}" in accepted
    assert "Write 20 new problems" in made.prompt
    assert "#### " in made.prompt
    assert made.sample == 0


def test_box_is_asked_for_where_the_answers_shown_are_boxed():
    boxed = replace(ANN, question="Find $x$ if $x - 3 = 4$.", solution=r"$x = 3 + 4 = \boxed{7}$", set="algebra")
    [made] = problem_writing.requests([replace(request(), demonstrations=(boxed,), accepted=())])
    assert r"in `\boxed{}`" in made.prompt
    assert r'"first step\nsecond step\nThe answer is $\\boxed{answer}$."' in made.prompt
    assert "####" not in made.prompt
    solution = json.dumps(
        {"problems": [{"question": "Find $y$.", "solution": r"$y = \frac{1}{2}$, $\boxed{\frac12}$"}]}
    )
    [draft] = problem_writing.drafts(request(), reply(solution))
    assert (draft.answer, draft.failure) == (r"\frac12", None)


def key_of(wanted):
    [made] = problem_writing.requests([wanted])
    return completions.key_of(completions.identity(made, make_params("http://here/v1")))


def test_requests_that_show_the_same_are_told_apart_by_id_and_seed():
    wanted = [request(), replace(request(), id="r2"), replace(request(), seed=6)]
    assert len({key_of(one) for one in wanted}) == 3
    assert key_of(request()) == key_of(request())
    [made] = problem_writing.requests([request()])
    assert 0 <= made.seed < 2**28


def test_request_before_anything_was_accepted_does_not_speak_of_it():
    [made] = problem_writing.requests([request(accepted=())])
    assert "were written for them before" not in made.prompt


def test_request_without_an_error_type_speaks_of_no_weakness():
    [made] = problem_writing.requests([request(name="")])
    assert ANN.question in made.prompt
    assert "Write 20 new problems" in made.prompt
    assert "weakness" not in made.system + made.prompt
    assert "failed" not in made.system + made.prompt


def problem(number, solution=None):
    return {"question": f"Question {number}?", "solution": solution or f"{number} + 0 = {number}\n#### {number}"}


def drafts(text, truncated=False):
    return problem_writing.drafts(request(), reply(text, truncated))


def test_each_problem_of_a_reply_is_a_draft():
    made = drafts(json.dumps({"problems": [problem(1), problem(2)]}))
    assert made == [
        Draft("Question 1?", "1 + 0 = 1\n#### 1", "1", IDS, None, "none"),
        Draft("Question 2?", "2 + 0 = 2\n#### 2", "2", IDS, None, "none"),
    ]


def test_problems_that_do_not_fit_are_failed_drafts_among_the_others():
    items = [problem(1), problem(2, "2 + 0 = 2"), {"question": " ", "solution": "#### 1"}, {"other": [1]}, "x"]
    made = drafts(json.dumps(items))
    assert [draft.failure for draft in made] == [None, "no final answer", *["no question or no solution"] * 3]
    assert made[3].solution == '{"other": [1]}'


STEPS = {
    "texts": ["4 + 3 = 7", "#### 7"],
    "texts by number": {"1": "4 + 3 = 7", "2": "#### 7"},
    "objects": [{"step": 1, "text": "4 + 3 = 7"}, {"step": 2, "text": "#### 7"}],
}


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS.keys())
def test_solution_in_steps_is_read_as_lines(steps):
    [made] = drafts(json.dumps([problem(1, steps)]))
    assert (made.solution, made.answer) == ("4 + 3 = 7\n#### 7", "7")


def test_answer_beside_a_solution_without_one_ends_it_in_the_style_asked_for():
    item = problem(1, "It is 3 + 4.") | {"answer": 7}
    [made] = drafts(json.dumps([item]))
    assert (made.solution, made.answer, made.failure) == ("It is 3 + 4.\n#### 7", "7", None)
    boxed = replace(ANN, solution=r"$3 + 4 = \boxed{7}$")
    asked = replace(request(), demonstrations=(boxed,))
    [made] = problem_writing.drafts(asked, reply(json.dumps([item | {"answer": r"\frac12"}])))
    assert (made.solution, made.answer) == ("It is 3 + 4.\nThe answer is $\\boxed{\\frac12}$.", r"\frac12")
    [made] = drafts(json.dumps([problem(1) | {"answer": "8"}]))
    assert made.answer == "1"


def test_what_follows_the_answer_is_left_out():
    [made] = drafts(json.dumps([problem(1, "#### Step\n1 = 1\n#### 1\nQuestion 2: ...\n#### 2")]))
    assert (made.solution, made.answer) == ("#### Step\n1 = 1\n#### 1", "1")


def test_cut_reply_keeps_its_whole_problems_and_says_that_it_was_cut():
    text = json.dumps({"problems": [problem(1), problem(2), problem(3)]})
    made = drafts(text[:-30], truncated=True)
    assert [draft.answer for draft in made] == ["1", "2", ""]
    assert made[2] == Draft("", text[:-30], "", IDS, "reply cut after its last whole problem", "none")


USELESS = {
    "refusal": (failed("refused", "I will not"), "refused", "I will not"),
    "failed request": (failed("time-out"), "time-out", ""),
    "prose": (reply("I cannot."), "no problems in the reply", "I cannot."),
    "empty list": (reply('{"problems": []}'), "no problems in the reply", '{"problems": []}'),
    "cut in the first": (reply('[{"q": "A', truncated=True), "reply cut before a problem ended", '[{"q": "A'),
}


@pytest.mark.parametrize(("useless", "reason", "text"), USELESS.values(), ids=USELESS.keys())
def test_useless_reply_is_a_failed_draft_with_its_text(useless, reason, text):
    assert problem_writing.drafts(request(), useless) == [Draft("", text, "", IDS, reason, "none")]


def test_latex_with_single_backslashes_arrives_as_latex():
    [made] = drafts(r'[{"question": "Half of $\frac{1}{2}$?", "solution": "$2 \times 3 = 6$\n#### 6"}]')
    assert made.question == r"Half of $\frac{1}{2}$?"
    assert made.solution == "$2 \\times 3 = 6$\n#### 6"


def test_exercises_are_asked_for_with_their_skill_first():
    [made] = problem_writing.requests([replace(request(), exercises=True)])
    assert "Name first the one skill" in made.prompt
    assert "write 20 short exercises of that skill alone, from easy to hard" in made.prompt
    assert "in other settings than the problems above" in made.prompt
    item = json.loads(made.schema.body)["properties"]["problems"]["items"]
    assert list(item["properties"]) == ["skill", "question", "solution"]


def test_skill_of_an_exercise_is_the_one_named_or_else_the_error_type():
    items = [
        {"skill": " adding decimals ", "question": "What is 0.5 + 0.2?", "solution": "0.5 + 0.2 = 0.7\n#### 0.7"},
        {"question": "What is 0.5 + 0.3?", "solution": "0.5 + 0.3 = 0.8\n#### 0.8"},
    ]
    wanted = replace(request(), exercises=True)
    made = problem_writing.drafts(wanted, reply(json.dumps({"problems": items})))
    assert [one.skill for one in made] == ["adding decimals", "Mixes operations"]
    assert [one.skill for one in problem_writing.drafts(request(), reply(json.dumps({"problems": items})))] == [
        None
    ] * 2
