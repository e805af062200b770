from contextlib import ExitStack
from dataclasses import replace

import pytest

from stages.core.exceptions import SourceError
from stages.core.records import Case
from stages.core.verdict import Verdict
from stages.instructor.interface import Attempt, Draft, Example, Grouping, NamedType, SynthesisRequest
from stages.instructor.language_model.instructor import LanguageModelInstructor
from stages.llm.client import ChatClient
from stages.llm.request_cache import RequestCache
from tests.chat_server import ChatServer, completion, error
from tests.unit.llm.conftest import make_params, make_settings


def case(name):
    question = f"{name} has 3 pens and buys 4. How many?"
    return Case(
        name, f"p-{name}", f"q-{name}", question, "3 + 4 = 7\n#### 7", "7", "3 * 4 = 12", False, "12", Verdict.WRONG,
        "sums", "", None, 1, 0.0,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def surroundings(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "planted-key")


@pytest.fixture
def instructed(tmp_path):
    """Make an instructor, by the params of its client; all share one request cache."""
    with ExitStack() as opened:

        def make(params):
            cache = opened.enter_context(RequestCache(tmp_path / "requests.sqlite"))
            return LanguageModelInstructor(ChatClient(params, make_settings(attempts=2), cache))

        yield make


def phrase_server(replies):
    """Return a server that answers by the name in the question."""

    def answer(body):
        text = body["messages"][-1]["content"]
        return next(reply for name, reply in replies.items() if f"{name} has" in text)

    return ChatServer(answer)


def test_keyphrases_come_in_the_order_of_the_cases(instructed):
    replies = {
        "Ann": completion('{"keyphrase": "multiplies  instead of adding", "quote": "3 * 4 = 12"}'),
        "Bob": completion('Sure:\n```json\n{"keyphrase": "forgets a step", "quote": ""}\n```'),
    }
    with phrase_server(replies) as server:
        found = instructed(make_params(server.url)).keyphrases([case("Ann"), case("Bob")])
    assert [(k.bad_case_id, k.keyphrase, k.line) for k in found] == [
        ("Ann", "multiplies instead of adding", 0),
        ("Bob", "forgets a step", None),
    ]
    assert {body["model"] for body in server.requests} == {"teacher"}


def test_equal_request_is_not_asked_again_by_a_later_run(instructed):
    with phrase_server({"Ann": completion('{"keyphrase": "multiplies", "quote": ""}')}) as server:
        first = instructed(make_params(server.url)).keyphrases([case("Ann")])
        second = instructed(make_params(server.url)).keyphrases([case("Ann")])
        assert first == second
        assert len(server.requests) == 1
        instructed(make_params(server.url, temperature=0.6)).keyphrases([case("Ann")])
        assert len(server.requests) == 2


def request(name="slips in a sum"):
    shown = Example("e1", "Ann has 3 pens and buys 4. How many?", "3 + 4 = 7\n#### 7", "7", "sums")
    return SynthesisRequest("r1", "t1", name, "Adds wrongly.", (shown,), (), 3, 5)


JOBS = {
    "keyphrase": '{"first_mistake": "3 * 4", "quote": "3 * 4", "keyphrase": "multiplies"}',
    "error_type": '{"name": "Wrong operation", "explanation": "Multiplies where it should add."}',
    "seed_types": '{"types": [{"name": "T", "explanation": "", "keyphrases": [{"number": 1, "keyphrase": "slips"}]}]}',
    "problems": '{"problems": [{"question": "New?", "solution": "2 + 2 = 4\\n#### 4"}]}',
    "correction": '{"quote": "3 * 4", "correction": "Wait: 3 + 4.", "rest": "3 + 4 = 7\\n#### 7"}',
    "solution": "2 + 2 = 4\n#### 4",
}
SIGNS = {
    "correction": "First a correction",
    "keyphrase": "until the first mistake",
    "error_type": "They belong to one type of error",
    "seed_types": "Sort them into types of error",
    "problems": "new problems",
    "solution": "Solve this step by step",
}


def teacher(body):
    """Answer each job with its canned reply."""
    prompt = body["messages"][-1]["content"]
    return completion(next(JOBS[job] for job, sign in SIGNS.items() if sign in prompt))


def test_every_job_is_done_through_the_server_with_a_system_text(instructed):
    with ChatServer(teacher) as server:
        instructor = instructed(make_params(server.url))
        assert [found.keyphrase for found in instructor.keyphrases([case("Ann")])] == ["multiplies"]
        assert [named.name for named in instructor.name_types([["multiplies"]])] == ["Wrong operation"]
        assert instructor.group_keyphrases(["slips"]).members == [["slips"]]
        assert [[draft.answer for draft in made] for made in instructor.synthesize([request(), request("")])] == [
            ["4"]
        ] * 2
        begun = replace(case("Ann"), output="Pens are counted.\n3 * 4 = 12")
        assert [draft.solution for draft in instructor.corrections([begun])] == [
            "Pens are counted.\nWait: 3 + 4.\n3 + 4 = 7\n#### 7"
        ]
        assert instructor.solve(["Two and two?"], 2, 0) == [[Attempt("2 + 2 = 4\n#### 4", False, None)] * 2]
    assert len(server.requests) == 8
    assert {len(body["messages"]) for body in server.requests} == {2}
    assert all(body["messages"][0]["content"] for body in server.requests)


EMPTY = ("empty reply", "empty reply", "empty reply")
UNFIT = ("no keyphrase in the reply", "no types in the reply", "no problems in the reply")
NO_CORRECTION = "no correction in the reply"
JUNK = {
    "nothing": ("", EMPTY),
    "prose": ("I cannot.", UNFIT),
    "an opened brace": ("{", UNFIT),
    "opened brackets": ("[[[[", UNFIT),
    "null": ("null", UNFIT),
    "a mark without an answer": ("#### ", UNFIT),
    "a keyphrase that is a number": ('{"keyphrase": 7}', UNFIT),
    "a problem without a solution": ('{"problems": [{"question": "Q"}]}', UNFIT),
    "a name that is a list": ('{"name": []}', UNFIT),
    "assignments that are numbers": ('{"new_types": 1, "assignments": [3]}', UNFIT),
}


@pytest.mark.parametrize(("text", "failures"), JUNK.values(), ids=JUNK.keys())
def test_teacher_of_junk_ends_each_job_with_its_failures(instructed, text, failures):
    no_keyphrase, no_types, no_problems = failures
    no_solution = None if text else no_keyphrase
    with ChatServer(lambda _: completion(text)) as server:
        instructor = instructed(make_params(server.url))
        with pytest.raises(SourceError, match=f"^1 of 1 replies hold no keyphrase; the first: {no_keyphrase}: "):
            instructor.keyphrases([case("Ann")])
        assert instructor.name_types([["slips"]]) == [NamedType("slips", "The pupil slips.")]
        with pytest.raises(SourceError, match=f"^1 of 1 replies sort no keyphrases; the first: {no_types}$"):
            instructor.group_keyphrases(["slips"])
        assert instructor.synthesize([request()]) == [[Draft("", text, "", ("e1",), no_problems, "none")]]
        assert instructor.solve(["Two and two?"], 2, 0) == [[Attempt(text, False, no_solution)] * 2]
        [draft] = instructor.corrections([case("Ann")])
        assert (draft.failure, draft.solution) == (NO_CORRECTION if text else no_problems, text)
        assert len(server.requests) == 7  # one each, and two samples of a solution


def test_types_without_a_name_leave_their_keyphrases_to_no_type(instructed):
    with ChatServer(lambda _: completion('{"types": [{"name": "", "keyphrases": "x"}]}')) as server:
        instructor = instructed(make_params(server.url))
        assert instructor.group_keyphrases(["slips"]) == Grouping([], [], ["slips"], [], [])


FAILING_JOBS = {
    "naming": lambda instructor: instructor.name_types([["slips"], ["adds"]]),
    "grouping": lambda instructor: instructor.group_keyphrases(["slips"]),
    "synthesis": lambda instructor: instructor.synthesize([request(), request("")]),
    "correcting": lambda instructor: instructor.corrections([case("Ann")]),
    "solving": lambda instructor: instructor.solve(["Two and two?"], 2, 0),
}


@pytest.mark.parametrize("job", FAILING_JOBS.values(), ids=FAILING_JOBS.keys())
def test_job_whose_requests_all_fail_stops_the_stage_and_leaves_no_empty_result(instructed, job):
    with ChatServer(lambda _: error(500, "server_error", "oops")) as server:
        instructor = instructed(make_params(server.url))
        with pytest.raises(
            SourceError, match=r"(\d) of \1 requests failed, the first: HTTP 500: oops; all .*; run again$"
        ):
            job(instructor)
