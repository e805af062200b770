"""What servers send in place of a completion, each in the smallest form, over real HTTP.

The forms are those of OpenAI, OpenRouter, Gemini, Mistral, FastAPI, Ollama, LM Studio, one-api, Groq and proxies.
"""

import httpx2
import openai
import pytest

from stages.core.exceptions import SourceError
from stages.llm import faults
from stages.llm.settings import Price
from tests.batch_server import BatchServer
from tests.chat_server import Answer, ChatServer, completion, error
from tests.unit.llm.conftest import KEY

PRICES = {"teacher": Price(10.0, 20.0)}


def told(**details):
    return {"error": details}


def with_choice(**values):
    """Return a completion with other values in its choice."""
    answer = completion('[{"a": 1}, {"b', tokens=(20, 50))  # 20 * 10 + 50 * 20 millionths are $0.0012
    answer.body["choices"][0] |= values
    return answer


def spoilt(answer, **values):
    """Return an answer with other values in its body."""
    return answer._replace(body=answer.body | values)


INTERRUPTED = {
    "finish_reason error": (with_choice(finish_reason="error"), "for the reason 'error'"),
    "finish_reason abort": (with_choice(finish_reason="abort"), "for the reason 'abort'"),
    "error beside the text": (
        spoilt(with_choice(finish_reason="stop"), **told(code=502, message="Upstream hung up")),
        "is an error: Upstream hung up",
    ),
    "error in the choice": (with_choice(**told(code=502, message="Overloaded")), "is an error: Overloaded"),
    "error alone": (Answer(200, told(code=503, message="No provider now")), "is an error: No provider now"),
    "no choices": (Answer(200, {"choices": None, "detail": "The worker died"}), "no completion: The worker died"),
    "raw reason": (
        error(502, 502)._replace(
            body=told(code=502, message="Provider returned error", metadata={"raw": '{"error": "GPU lost"}'})
        ),
        "HTTP 502: Provider returned error: GPU lost",
    ),
    "page of a proxy": (
        Answer(502, b"<html><head><title>502 Bad Gateway</title></head><body><hr></body></html>"),
        "HTTP 502: 502 Bad Gateway",
    ),
    "credit in a text that is quoted": (error(500, 500, "cannot parse: Tom must recharge"), "HTTP 500: cannot parse"),
    "nothing but brackets": (Answer(200, b"[" * 200_000), "the server's reply is not JSON"),
    "no JSON by chance": (error(400, "json_validate_failed", "Failed to generate JSON"), "HTTP 400: Failed to gen"),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "reason"), INTERRUPTED.values(), ids=INTERRUPTED.keys())
def test_interrupted_reply_is_asked_again_and_never_kept(ask, answer, reason):
    left = [answer]
    with ChatServer(lambda _: left.pop() if left else completion("whole")) as server:
        assert [reply.text for reply in ask(server, ["a"])] == ["whole"]
        server.answer_with(lambda _: answer)
        with pytest.raises(SourceError, match="2 of 2 requests failed, the first: ") as caught:
            ask(server, ["b", "c"], attempts=2)
        assert reason in str(caught.value)
        assert len(server.requests) == 2 + 2 * 2
        server.answer_with(lambda _: completion("whole"))
        assert [reply.text for reply in ask(server, ["b", "c"])] == ["whole"] * 2


def test_empty_error_beside_a_text_is_none(ask):
    blank = spoilt(completion("4"), **told(message="", type="", param="", code=None))
    with ChatServer(lambda _: blank) as server:
        assert [(reply.text, reply.failure) for reply in ask(server, ["a"])] == [("4", None)]


@pytest.mark.parametrize("reason", ["max_tokens", "MAX_TOKENS", "model_length"])
def test_reply_that_was_cut_is_known_in_each_spelling(ask, reason):
    with ChatServer(lambda _: completion("so f", reason)) as server:
        assert [(reply.text, reply.truncated) for reply in ask(server, ["a"])] == [("so f", True)]


PERMANENT = {
    "credit in a 200": (
        Answer(200, told(code=402, message="Insufficient credits")),
        "is an error: Insufficient credits; add credit there",
    ),
    "credit in a 429": (error(429, "1113", "Insufficient balance. Please recharge"), "HTTP 429: Insufficient balance"),
    "credit in a 403": (error(403, "x", "Your team has used all available credits"), "HTTP 403: Your team"),
    "key in a 200": (Answer(200, told(message=f"Invalid API key {KEY}")), "Invalid API key [key]; see OPENAI_API_KEY"),
    "key, in a list": (
        Answer(400, [told(code=400, message="API key not valid.", status="INVALID_ARGUMENT")]),
        "HTTP 400: API key not valid; see OPENAI_API_KEY",
    ),
    "model in a 200": (
        Answer(200, {"object": "error", "message": "The model `teacher` does not exist", "code": 40401}),
        "The model `teacher` does not exist; see instructor.openai.model",
    ),
    "model in a 503": (
        error(503, "model_not_found", "No available channel"),
        "No available channel; see instructor.openai.model",
    ),
    "model as a text": (
        Answer(404, {"error": "model 'teacher' not found"}),
        "HTTP 404: model 'teacher' not found; see instructor.openai.model",
    ),
    "path in a 200": (
        Answer(200, {"error": "Unexpected endpoint or method. (POST /chat/completions)"}),
        "(POST /chat/completions); is instructor.openai.base_url right?",
    ),
    "path, another form": (Answer(404, {"detail": "Not Found"}), "HTTP 404: Not Found; is instructor.openai.base_url"),
    "path of another method": (Answer(405, {"detail": "Method Not Allowed"}), "right?"),
    "a page": (
        Answer(200, b"<!doctype html>\n<html><head><title>My &amp; chat</title></head></html>"),
        "is a web page: My & chat; is instructor.openai.base_url right? Mostly it ends in /v1",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "message"), PERMANENT.values(), ids=PERMANENT.keys())
def test_what_no_request_can_pass_costs_one_call_and_says_what_to_change(ask, answer, message):
    with ChatServer(lambda _: answer) as server, pytest.raises(SourceError, match="model teacher: ") as caught:
        ask(server, range(9))
    assert message in str(caught.value)
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(server.requests) == 1


def test_quota_of_a_minute_passes(ask):
    told_by_gemini = "You exceeded your current quota, please check your plan and billing details."
    left = [Answer(429, [told(code=429, message=told_by_gemini, status="RESOURCE_EXHAUSTED")])]
    with ChatServer(lambda _: left.pop() if left else completion("4")) as server:
        assert [reply.text for reply in ask(server, ["a"])] == ["4"]


def refused(field, said="Extra inputs are not permitted"):
    """Return a refusal in Mistral's form."""
    detail = [{"type": "extra_forbidden", "loc": ["body", field], "msg": said, "input": 1}]
    return Answer(422, {"object": "error", "message": {"detail": detail}, "type": "invalid_request_error"})


TEXT = "set instructor.openai.structured: text"
SEED = "set instructor.openai.send_seed: false"
TEMPERATURE = "set instructor.openai.temperature: null, or a value that it takes"
FIELD = "set instructor.openai.max_tokens_field: "
LOWER = "lower instructor.openai.max_tokens"
HINTS = {
    "schema, OpenAI": (
        error(400, "x", "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."),
        TEXT,
    ),
    "schema, xgrammar": (
        error(400, "x", "The provided JSON schema contains features not supported by xgrammar."), TEXT,
    ),
    "grammar, vLLM": (error(400, "x", 'Grammar error: Unimplemented keys: ["propertyNames"]'), TEXT),
    "grammar, llama.cpp": (error(400, "x", "Failed to initialize samplers: failed to parse grammar"), TEXT),
    "schema, Mistral": (refused("response_format", "Input should be 'text'"), TEXT),
    "schema, Gemini": (
        Answer(400, [told(code=400, message="Unknown name \"additionalProperties\" at 'generation': no field.")]),
        TEXT,
    ),
    "schema, OpenRouter": (
        Answer(400, told(
            code=400, message="Provider returned error", metadata={"raw": '{"message": "no response_format here"}'}
        )),
        TEXT,
    ),
    "any, OpenRouter": (
        error(404, 404, "No endpoints found that can handle the requested parameters."),
        "leave out what it refuses: instructor.openai.structured: text, send_seed: false, temperature: null",
    ),
    "seed, Azure": (error(400, "x", "Unrecognized request argument supplied: seed"), SEED),
    "seed, Mistral": (refused("seed"), SEED),
    "seed, Gemini": (
        Answer(400, [told(code=400, message='Invalid JSON payload received. Unknown name "seed": Cannot find field.')]),
        SEED,
    ),
    "temperature, OpenAI": (
        error(400, "x", "Unsupported value: 'temperature' does not support 0.7 with this model."), TEMPERATURE,
    ),
    "temperature, Mistral": (refused("temperature", "Input should be less than or equal to 1.5"), TEMPERATURE),
    "limit, OpenAI": (
        error(400, "x", "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."),
        f"{FIELD}max_completion_tokens",
    ),
    "limit, Mistral": (refused("max_completion_tokens"), f"{FIELD}max_tokens"),
    "limit too large, OpenAI": (
        error(400, "x", "max_tokens is too large: 99999. This model supports at most 16384 completion tokens"), LOWER,
    ),
    "limit too large, vLLM": (
        error(400, "x", "This model's maximum context length is 2048 tokens. However, you requested 4126"), LOWER,
    ),
    "limit too large, llama.cpp": (
        error(400, "x", "the request exceeds the available context size, try increasing it"), LOWER,
    ),
    "limit too large, Gemini": (
        Answer(400, [told(code=400, message="maxOutputTokens is 99999 but the supported range is 1 to 8193")]), LOWER,
    ),
    "limit, OpenRouter": (
        error(402, 402, "This request requires more credits, or fewer max_tokens. You can only afford 12."), LOWER,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("answer", "hint"), HINTS.values(), ids=HINTS.keys())
def test_refused_param_is_named_in_the_projects_words(answer, hint):
    request = httpx2.Request("POST", "http://here/v1")
    response = httpx2.Response(answer.status, json=answer.body, request=request)
    refusal = openai.APIStatusError("no", response=response, body=None)
    assert faults.line(refusal, KEY).endswith(f"; {hint}")
    assert faults.told(refusal).is_fatal(proven=False)


def test_refused_param_costs_one_call(ask):
    with (
        ChatServer(lambda _: HINTS["schema, Mistral"][0]) as server,
        pytest.raises(SourceError, match="HTTP 422: body"),
    ):
        ask(server, range(9))
    assert len(server.requests) == 1


PARTS = {
    "parts": {"content": [{"type": "text", "text": "4"}, {"type": "text", "text": "2"}]},
    "thought in a part": {
        "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "5?"}]}, {"type": "text", "text": "42"}]
    },
    "thought in a part of text": {"content": [{"type": "reasoning", "text": "5?"}, {"type": "text", "text": "42"}]},
    "text in reasoning_content": {"content": None, "reasoning_content": "42"},
    "text in reasoning": {"content": "", "reasoning": "42"},
    "thought beside the text": {"content": "42", "reasoning_content": "5?"},
}


@pytest.mark.parametrize("message", PARTS.values(), ids=PARTS.keys())
def test_text_is_read_wherever_the_message_has_it(ask, message):
    with ChatServer(lambda _: with_choice(message=message, finish_reason="stop")) as server:
        assert [(reply.text, reply.failure) for reply in ask(server, ["a"])] == [("42", None)]


def test_thought_that_used_up_the_limit_is_no_text(ask):
    message = {"content": None, "reasoning_content": 'maybe {"a": 1}'}
    with ChatServer(lambda _: with_choice(message=message, finish_reason="length")) as server:
        assert [reply.text for reply in ask(server, ["a"])] == [""]


UNREADABLE = {
    "number": with_choice(message={"content": 4}),
    "interrupted": with_choice(finish_reason="error"),
    "error beside it": spoilt(with_choice(), **told(code=502, message="Upstream hung up")),
    "no choices": spoilt(with_choice(), choices=[]),
}


@pytest.mark.parametrize("mode", ["online", "batch"])
@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_was_billed_counts_even_where_nothing_can_be_read(ask, cache, mode, answer):
    share = 0.5 if mode == "batch" else 1.0
    with BatchServer(lambda _: answer) as server:
        with pytest.raises(SourceError, match="1 of 1 requests failed"):
            ask(server, ["a"], prices=PRICES, attempts=2, mode=mode)
        assert len(server.requests) == 2
    assert cache.spent() == pytest.approx(2 * 0.0012 * share)


def test_budget_ends_attempts_that_are_billed_and_bring_nothing(ask, cache):
    # A request costs at worst $0.00222 and is billed with $0.0012: after 7 of them the next may exceed $0.0100.
    with ChatServer(lambda _: UNREADABLE["number"]) as server:
        with pytest.raises(SourceError, match=r"budget_usd is \$0\.0100: \$0\.0084 is spent"):
            ask(server, range(20), prices=PRICES, budget_usd=0.01, attempts=2, concurrency=1)
        assert len(server.requests) == 7
    assert cache.spent() == pytest.approx(0.0084)


def test_error_of_one_line_stays_short(ask):
    long = Answer(400, {"message": "x" * 9000})
    with ChatServer(lambda _: long) as server, pytest.raises(SourceError, match=r"HTTP 400: x+…") as caught:
        ask(server, ["a"])
    assert len(str(caught.value)) < 800
