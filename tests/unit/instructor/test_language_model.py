import json

import pytest

from stages.grading.verdict import Verdict
from stages.instructor.chat_client import ChatClientParams
from stages.instructor.interface import SynthesisRequest
from stages.instructor.language_model import UNASSIGNED, LanguageModelInstructor, fill, read_json
from stages.pipeline.exceptions import SourceError
from stages.pipeline.records import Case
from tests.unit.instructor.server import ChatServer, completion, error


def case(name):
    question = f"{name} has 3 pens and buys 4. How many?"
    return Case(name, f"p-{name}", f"q-{name}", question, "3 + 4 = 7\n#### 7", "7", "3 * 4 = 12", "12", Verdict.WRONG)


def params(url, **changes):
    values = {
        "model": "teacher", "base_url": url, "temperature": 0.5, "max_tokens": 100, "concurrency": 4, "retries": 2,
        "timeout": 10.0,
    }  # fmt: skip
    return ChatClientParams(**(values | changes))


@pytest.fixture(autouse=True)
def surroundings(monkeypatch, tmp_path):
    monkeypatch.setenv("SEI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OPENAI_API_KEY", "planted-key")


def phrase_server(replies):
    """Return a server that answers by the name in the question."""

    def answer(body):
        text = body["messages"][0]["content"]
        return next(reply for name, reply in replies.items() if f"{name} has" in text)

    return ChatServer(answer)


def test_keyphrases_come_in_the_order_of_the_cases():
    replies = {
        "Ann": completion('{"keyphrase": "multiplies  instead of adding", "step": 1}'),
        "Bob": completion('Sure:\n```json\n{"keyphrase": "forgets a step", "step": null}\n```'),
    }
    with phrase_server(replies) as server:
        found = LanguageModelInstructor(params(server.url)).keyphrases([case("Ann"), case("Bob")])
    assert [(k.bad_case_id, k.keyphrase, k.step) for k in found] == [
        ("Ann", "multiplies instead of adding", 1),
        ("Bob", "forgets a step", None),
    ]
    assert {body["model"] for body in server.requests} == {"teacher"}


UNREADABLE = {
    "refusal": completion(None, refusal="I will not"),
    "cut by length": completion('{"keyphrase": "mul', finish_reason="length"),
    "prose": completion("He is wrong."),
    "another schema": completion('{"phrase": "multiplies"}'),
}


@pytest.mark.parametrize("reply", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_unreadable_reply_makes_the_case_unassigned_and_the_run_goes_on(reply):
    good = completion('{"keyphrase": "multiplies", "step": 1}')
    with phrase_server({"Ann": reply, "Bob": good, "Eve": good}) as server:
        found = LanguageModelInstructor(params(server.url)).keyphrases([case("Ann"), case("Bob"), case("Eve")])
    assert [k.keyphrase for k in found] == [UNASSIGNED, "multiplies", "multiplies"]
    assert found[0].detail


def test_mostly_unreadable_replies_stop_the_run():
    with (
        phrase_server({"Ann": completion("no"), "Bob": completion("no")}) as server,
        pytest.raises(SourceError, match="2 of 2 replies hold no keyphrase"),
    ):
        LanguageModelInstructor(params(server.url)).keyphrases([case("Ann"), case("Bob")])


def test_equal_request_is_not_asked_again_by_a_later_run():
    with phrase_server({"Ann": completion('{"keyphrase": "multiplies", "step": 1}')}) as server:
        first = LanguageModelInstructor(params(server.url)).keyphrases([case("Ann")])
        second = LanguageModelInstructor(params(server.url)).keyphrases([case("Ann")])
        assert first == second
        assert len(server.requests) == 1
        LanguageModelInstructor(params(server.url, temperature=0.6)).keyphrases([case("Ann")])
        assert len(server.requests) == 2


def test_server_error_that_passes_is_asked_again():
    replies = [error(500, "server_error"), completion('{"keyphrase": "multiplies", "step": 1}')]
    with ChatServer(lambda _: replies.pop(0)) as server:
        found = LanguageModelInstructor(params(server.url)).keyphrases([case("Ann")])
    assert found[0].keyphrase == "multiplies"
    assert len(server.requests) == 2


@pytest.mark.parametrize(("status", "code"), [(401, "invalid_api_key"), (404, "model_not_found")])
def test_wrong_key_or_unknown_model_stops_after_one_call(status, code):
    with (
        ChatServer(lambda _: error(status, code, "what is wrong")) as server,
        pytest.raises(SourceError, match=r"model teacher: .*what is wrong"),
    ):
        LanguageModelInstructor(params(server.url, concurrency=1)).keyphrases([case("Ann"), case("Bob"), case("Eve")])
    assert len(server.requests) == 1


def test_missing_key_is_named(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(SourceError, match="OPENAI_API_KEY is not set"):
        LanguageModelInstructor(params("http://127.0.0.1:9/v1")).keyphrases([case("Ann")])


def test_key_is_not_kept_in_the_cache(tmp_path):
    with phrase_server({"Ann": completion('{"keyphrase": "multiplies", "step": 1}')}) as server:
        LanguageModelInstructor(params(server.url)).keyphrases([case("Ann")])
    kept = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert kept
    assert not any(b"planted-key" in path.read_bytes() for path in kept)


def test_synthesis_shows_the_demonstrations_and_reads_each_problem():
    made = [
        {"question": "New?", "solution": "2 + 2 = 4\n#### 4"},
        {"question": "No answer?", "solution": "2 + 2 = 4"},
        {"wrong": "schema"},
    ]
    request = SynthesisRequest("r1", "t1", "multiplies instead of adding", "", (case("Ann"), case("Bob")), (), 3, 5)
    with ChatServer(lambda _: completion(json.dumps(made))) as server:
        [drafts] = LanguageModelInstructor(params(server.url)).synthesize([request])
    prompt = server.requests[0]["messages"][0]["content"]
    assert "multiplies instead of adding" in prompt
    assert "Ann has 3 pens" in prompt
    assert "Bob has 3 pens" in prompt
    assert "Write 3 new problems" in prompt
    assert server.requests[0]["seed"] == 5
    assert [draft.failure for draft in drafts] == [None, "no final answer", "no question or no solution"]
    assert drafts[0].answer == "4"
    assert drafts[0].demonstration_ids == ("Ann", "Bob")


def test_synthesis_reply_without_a_list_is_a_failed_draft_with_its_text():
    request = SynthesisRequest("r1", "t1", "slips", "", (case("Ann"),), (), 3, 5)
    with ChatServer(lambda _: completion("I cannot.")) as server:
        [[draft]] = LanguageModelInstructor(params(server.url)).synthesize([request])
    assert draft.failure == "the reply holds no list of problems"
    assert draft.solution == "I cannot."


def test_fill_leaves_braces_of_values_alone():
    assert fill("{a} and {b}: {c}", a=r"\frac{1}{b}", b="{a}") == r"\frac{1}{b} and {a}: {c}"


READABLE = {
    "plain": ('{"a": 1}', "{", {"a": 1}),
    "in a fence": ("```json\n[1, 2]\n```", "[", [1, 2]),
    "in prose": ('Here {it} is: {"a": 1} done', "{", {"a": 1}),
    "cut": ('[{"a": 1}, {"a"', "[", None),
    "none": ("nothing", "{", None),
}


@pytest.mark.parametrize(("text", "opening", "value"), READABLE.values(), ids=READABLE.keys())
def test_read_json_finds_the_first_whole_value(text, opening, value):
    assert read_json(text, opening) == value
