"""The bodies of requests and replies."""

import json

import pytest

from stages.llm.chat import Schema
from stages.llm.completions import MalformedReplyError, body, input_tokens, read
from tests.chat_server import Answer, ChatServer, completion, error
from tests.unit.llm.conftest import make_params, question

FIELDS = {
    "OpenAI": ("https://api.openai.com/v1", "auto", "max_completion_tokens"),
    "Azure": ("https://mine.openai.azure.com/openai/v1/", "auto", "max_completion_tokens"),
    "others": ("http://localhost:11434/v1", "auto", "max_tokens"),
    "told otherwise": ("http://proxy/v1", "max_completion_tokens", "max_completion_tokens"),
    "told otherwise for OpenAI": ("https://api.openai.com/v1", "max_tokens", "max_tokens"),
}


@pytest.mark.parametrize(("url", "field", "expected"), FIELDS.values(), ids=FIELDS.keys())
def test_limit_has_the_name_that_the_server_knows(url, field, expected):
    sent = body(question("a"), make_params(url, max_tokens_field=field))
    assert {name: sent[name] for name in sent if name.startswith("max")} == {expected: 100}


def test_body_has_everything_by_default():
    schema = Schema("answer", '{"type": "object"}')
    assert body(question("a", schema=schema, seed=3), make_params("http://here/v1")) == {
        "model": "teacher",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "a"}],
        "max_tokens": 100,
        "temperature": 0.5,
        "seed": 3,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": {"type": "object"}, "strict": True},
        },
    }


def test_body_leaves_out_what_the_server_refuses():
    params = make_params("http://here/v1", temperature=None, send_seed=False, structured="text")
    sent = body(question("a", system="", schema=Schema("answer", '{"type": "object"}')), params)
    assert sent == {"model": "teacher", "messages": [{"role": "user", "content": "a"}], "max_tokens": 100}


def test_schema_counts_as_input():
    plain, structured = (
        input_tokens(body(question("a", schema=schema), make_params("http://here/v1")))
        for schema in (None, Schema("answer", json.dumps({"type": "object", "description": "x" * 1000})))
    )
    assert structured - plain > 500


MALFORMED = ["", "<html>", "[]", "{}", '{"choices": []}', '{"choices": [{}]}', '{"choices": [{"message": 3}]}', "null"]


@pytest.mark.parametrize("text", [*MALFORMED, '{"choices": [{"message": {"content": [1]}}]}'])
def test_body_that_is_no_completion_is_malformed(text):
    with pytest.raises(MalformedReplyError, match="the server's reply"):
        read(text, 5)


ODD_USAGE = {
    "null": (None, (7, 2)),
    "no object": ([1, 2], (7, 2)),
    "text": ("12 tokens", (7, 2)),
    "null counts": ({"prompt_tokens": None, "completion_tokens": None}, (7, 2)),
    "counts in words": ({"prompt_tokens": "12", "completion_tokens": "three"}, (7, 2)),
    "negative counts": ({"prompt_tokens": -1, "completion_tokens": -3}, (7, 2)),
    "truth values": ({"prompt_tokens": True, "completion_tokens": True}, (7, 2)),
    "more than a database holds": ({"prompt_tokens": 10**30, "completion_tokens": 10**30}, (7, 2)),
    "one of two": ({"prompt_tokens": 5, "completion_tokens": {}}, (5, 2)),
    "a thought that only the total counts": (
        {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 2030}, (20, 2010),
    ),
    "a total that is too small": ({"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 1}, (20, 10)),
}  # fmt: skip


@pytest.mark.parametrize(("usage", "tokens"), ODD_USAGE.values(), ids=ODD_USAGE.keys())
def test_odd_usage_is_estimated_so_that_the_budget_holds(ask, cache, usage, tokens):
    answer = read(json.dumps({"choices": [{"message": {"content": "abcd"}}], "usage": usage}), 7)
    assert (answer.input_tokens, answer.output_tokens) == tokens
    body = {"choices": [{"message": {"content": "abcd"}}], "usage": usage}
    with ChatServer(lambda _: Answer(200, body)) as server:
        assert [reply.text for reply in ask(server, ["a", "b"])] == ["abcd"] * 2
    assert cache.usage().requests == 2


def test_half_a_surrogate_pair_is_no_text_and_does_not_end_the_run(ask):
    with ChatServer(lambda _: completion("a\ud83d b")) as server:
        assert [reply.text for reply in ask(server, ["a", "b"])] == ["a? b"] * 2


def test_half_a_surrogate_pair_beside_the_text_does_not_end_the_run(ask):
    with ChatServer(lambda _: completion("4", model="x\ud835")) as server:
        assert [reply.text for reply in ask(server, ["a"])] == ["4"]
        server.answer_with(
            lambda body: error(400, "bad", "at \ud835") if "c" in str(body["messages"]) else completion("4")
        )
        assert ask(server, ["b", "c"])[1].failure == "request refused: HTTP 400: at ?"


def test_body_with_a_byte_order_mark_is_read():
    assert read('\ufeff{"choices": [{"message": {"content": "4"}}]}', 7).text == "4"


BESIDE = {
    "thought": {"reasoning_content": "word " * 100},
    "refusal": {"content": None, "refusal": "word " * 100},
    "part": {"content": [{"type": "thinking", "thinking": "word " * 100}, {"type": "text", "text": "4"}]},
}


@pytest.mark.parametrize("fields", BESIDE.values(), ids=BESIDE.keys())
def test_what_is_billed_beside_the_text_counts_without_usage(fields):
    answer = read(json.dumps({"choices": [{"message": {"content": "4"} | fields}]}), 7)
    assert answer.output_tokens > 100


def test_reply_without_usage_is_estimated():
    answer = read('{"choices": [{"message": {"content": "abcd"}}]}', 7)
    assert (answer.input_tokens, answer.output_tokens) == (7, 2)
    assert (answer.text, answer.model, answer.failure) == ("abcd", "", None)
