"""The bodies of requests and replies."""

import json

import pytest

from stages.instructor.chat import Schema
from stages.instructor.completions import MalformedReplyError, body, input_tokens, read
from tests.unit.instructor.conftest import make_params, question

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


def test_reply_without_usage_is_estimated():
    answer = read('{"choices": [{"message": {"content": "abcd"}}]}', 7)
    assert (answer.input_tokens, answer.output_tokens) == (7, 2)
    assert (answer.text, answer.model, answer.failure) == ("abcd", "", None)
