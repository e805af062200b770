"""The openai engine against a real HTTP server on this machine, over the tiny models."""

from dataclasses import replace

import pytest

from stages.core import runtime
from stages.core.exceptions import ParamsError, SourceError
from stages.core.files import write_json
from stages.model import checkpoints, inference
from stages.model.engines import openai
from stages.model.engines.openai import served_name
from stages.model.generation import Draw, Generation, GenerationParams
from tests.chat_server import Answer, error
from tests.completions_server import CompletionsServer
from tests.unit.model.engines.conftest import PAIRS, PROMPTS, transformers_engine, trials


@pytest.fixture(scope="module")
def served(tiny_target, tiny_adapter, bigram_target):
    """The models by their served names, and the tokenizers of their two bases."""
    loaded = {
        "base": checkpoints.load(tiny_target, "float32", "cpu"),
        "iter1": checkpoints.load(tiny_adapter, "float32", "cpu"),
    }
    bigram = checkpoints.load(bigram_target, "float32", "cpu")
    return {
        tiny_target.base: (loaded, checkpoints.load_tokenizer(tiny_target.base)),
        bigram_target.base: ({"base": bigram}, checkpoints.load_tokenizer(bigram_target.base)),
    }


@pytest.fixture
def serve(served, tiny_target):
    """Return a started server for a target's base model; it ends with the test."""
    started = []

    def start(target=tiny_target, **settings):
        started.append(CompletionsServer(*served[target.base], **settings))
        return started[-1].__enter__()

    yield start
    for server in started:
        server.__exit__()


def settings_of(server, **changes):
    settings = runtime.ServedRuntime(server.url, "{iteration}", "tokens", True, 4, 1, 30.0)
    return replace(settings, **{"model": "{iteration}", **changes})


def opened(target, server, new_tokens=12, **changes):
    # pytest names the folder of the session's base model; a user's is models/base.
    model = changes.pop("model", "{iteration}" if target.adapter else "base")
    speed = runtime.Runtime(1, "cpu", 1, None, 200, "openai", None, settings_of(server, model=model, **changes), None)
    return inference.open_engine(target, "float32", GenerationParams(new_tokens, True), speed)


@pytest.mark.parametrize("prompts", ["tokens", "text"])
def test_generations_are_those_of_the_transformers_engine(tiny_target, serve, prompts):
    with opened(tiny_target, serve(), prompts=prompts) as engine:
        assert engine.generate(PROMPTS) == transformers_engine(tiny_target).generate(PROMPTS)


def test_adapter_is_asked_for_by_the_name_of_its_iteration(tiny_adapter, tiny_target, serve):
    server = serve()
    expected = transformers_engine(tiny_adapter).generate(PROMPTS)
    assert expected != transformers_engine(tiny_target).generate(PROMPTS)
    with opened(tiny_adapter, server) as engine:
        assert engine.generate(PROMPTS) == expected
    assert {body["model"] for body in server.requests} == {"iter1"}


def test_texts_end_where_those_of_the_transformers_engine_do(bigram_target, serve):
    with opened(bigram_target, serve(bigram_target), new_tokens=6) as engine:
        made = engine.generate(["Q?", "Q!", "Q"])
    assert made == [Generation("####7", 3, "answer"), Generation("ab", 3, "end"), Generation("QQQQQQ", 6, "length")]
    assert made == transformers_engine(bigram_target, new_tokens=6).generate(["Q?", "Q!", "Q"])


def test_prompts_arrive_as_the_tokens_of_the_transformers_engine(tiny_target, chat, serve):
    server = serve()
    prompts = [chat.prompt("Two and two?", [("One?", "#### 1")]), chat.prompt("é")]
    with opened(tiny_target, server, concurrency=1) as engine:
        engine.generate(prompts)
    assert [body["prompt"] for body in server.requests] == transformers_engine(tiny_target).encode(prompts)
    assert {body["temperature"] for body in server.requests} == {0}


def test_samples_are_requests_of_their_own_with_a_temperature_and_no_seed(tiny_target, serve):
    server = serve()
    with opened(tiny_target, server) as engine:
        made = engine.sample(["How many?"] * 4, Draw(0.9, 7))
    assert len({one.text for one in made}) == 4
    assert [body["temperature"] for body in server.requests] == [0.9] * 4
    assert not any({"seed", "top_p", "n"} & body.keys() for body in server.requests)


@pytest.mark.parametrize("prompts", ["tokens", "text"])
def test_log_likelihoods_are_those_of_the_transformers_engine(tiny_target, serve, prompts):
    expected = transformers_engine(tiny_target).log_likelihoods(PAIRS)
    with opened(tiny_target, serve(), prompts=prompts) as engine:
        assert engine.log_likelihoods(PAIRS) == pytest.approx(expected, abs=1e-5)


def test_trials_are_those_of_the_transformers_engine(tiny_target, serve):
    reference = transformers_engine(tiny_target)
    prompts, pairs = trials(reference)
    expected = reference.generations(prompts, 100), reference.likelihoods(pairs, 100)
    with opened(tiny_target, serve()) as engine:
        prompts, pairs = trials(engine)
        assert engine.generations(prompts, 100) == expected[0]
        assert engine.likelihoods(pairs, 100) == pytest.approx(expected[1], abs=1e-5)


def test_generations_ask_for_no_likelihoods(tiny_target, serve):
    server = serve(echo=False)
    with opened(tiny_target, server, likelihoods=False) as engine:
        assert None not in engine.generations(trials(engine)[0], 100)
    assert not any(body.get("echo") for body in server.requests)


def test_server_that_echoes_no_log_probabilities_is_told_apart(tiny_target, serve):
    with (
        opened(tiny_target, serve(echo=False)) as engine,
        pytest.raises(SourceError, match=r"runtime\.openai\.likelihoods: false and select_data\.score: accuracy, or"),
    ):
        engine.log_likelihoods(PAIRS)


@pytest.mark.parametrize("status", [400, 422])
def test_server_that_refuses_to_echo_is_told_apart(tiny_target, serve, status):
    server = serve()
    server.answer_with(lambda _: error(status, "invalid_request_error", "cannot echo with logprobs"))
    with (
        opened(tiny_target, server) as engine,
        pytest.raises(
            SourceError, match=rf"HTTP {status}: cannot echo with logprobs; .*runtime\.openai\.likelihoods: false"
        ),
    ):
        engine.log_likelihoods(PAIRS)


def test_after_a_failure_what_waits_is_not_sent(tiny_target, serve):
    server = serve()
    server.answer_with(lambda _: error(400, "invalid_request_error"))
    with opened(tiny_target, server, concurrency=2) as engine, pytest.raises(SourceError, match="HTTP 400: no"):
        engine.generate([f"Question {i}" for i in range(100)])
    assert len(server.requests) < 20


def test_context_is_that_of_the_base_models_configuration(bigram_target, serve):
    with opened(bigram_target, serve(bigram_target)) as engine:
        assert engine.context == 255


def test_server_that_reads_other_tokens_ends_the_run(tiny_target, serve):
    with (
        opened(tiny_target, serve(start_token=True), prompts="text") as engine,
        pytest.raises(
            SourceError, match=r"read 4 tokens of a prompt of 3; .* adds a start token: set .*prompts: tokens"
        ),
    ):
        engine.generate(["abc"])


def test_one_served_name_for_all_iterations_is_refused(tiny_adapter):
    with pytest.raises(ParamsError, match=r"openai\.model `gpt` would stand for every iteration; .*\{iteration\}"):
        served_name(tiny_adapter, "gpt")


def test_whole_model_of_an_iteration_is_served_under_its_name(tmp_path):
    write_json(tmp_path / "iter1" / checkpoints.CARD, {"kind": "whole", "base": {"kind": "weights"}})
    target = checkpoints.Target(tmp_path / "iter1", None)
    assert served_name(target, "math-{iteration}") == "math-iter1"
    with pytest.raises(ParamsError, match="would stand for every iteration"):
        served_name(target, "gpt")


@pytest.mark.parametrize(
    ("adapter", "pattern", "expected"),
    [
        pytest.param(False, "gpt", "gpt", id="base-under-any-name"),
        pytest.param(True, "{iteration}", "iter1", id="adapter-by-its-iteration"),
        pytest.param(True, "math-{iteration}-v2", "math-iter1-v2", id="in-a-pattern"),
    ],
)
def test_served_name(tiny_target, tiny_adapter, adapter, pattern, expected):
    assert served_name(tiny_adapter if adapter else tiny_target, pattern) == expected


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(
            error(401, "invalid_api_key", "no such key: secret-key-1"), r"HTTP 401: no such key: \[key\]", id="key"
        ),
        pytest.param(error(404, "model_not_found", "no iter1"), r"HTTP 404: no iter1", id="model"),
        pytest.param(error(500, "boom"), r"HTTP 500", id="server-error"),
        pytest.param(Answer(200, {}, fault="drop"), r"no connection", id="drop"),
        pytest.param(Answer(200, {}, delay=1.0), r"no reply within runtime\.openai\.timeout_seconds", id="slow"),
        pytest.param(Answer(200, {"object": "list"}), r"the server's reply is no completion", id="other-json"),
        pytest.param(Answer(200, b"<html><title>Chat</title>"), r"page: Chat; is runtime\.openai\.base_url", id="page"),
        pytest.param(error(404, 1, "page not found"), r"not found; is runtime\.openai\.base_url right", id="path"),
    ],
)
def test_failure_ends_the_run_with_one_line_that_names_the_server(tiny_target, serve, monkeypatch, answer, message):
    monkeypatch.setenv("TARGET_API_KEY", "secret-key-1")
    server = serve()
    server.answer_with(lambda _: answer)
    with (
        opened(tiny_target, server, timeout_seconds=0.5) as engine,
        pytest.raises(SourceError, match=rf"runtime\.openai: {server.url}, model base: .*{message}") as caught,
    ):
        engine.generate(["a"])
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def replying(server, **choice):
    """Let a server put other values into the choice of each reply."""

    def reply(body):
        answer = server.complete(body)
        answer.body["choices"][0] |= choice
        return answer

    server.answer_with(reply)
    return server


REASONS = {
    "end": ["stop", "STOP", "eos", "eos_token", "end_id", "stop_sequence", "end_turn", "COMPLETE"],
    "length": ["length", "max_tokens", "MAX_TOKENS", "max_length", "model_length"],
}


@pytest.mark.parametrize(("stop", "reason"), [(stop, reason) for stop in REASONS for reason in REASONS[stop]])
def test_reason_for_an_end_is_understood_in_each_spelling(tiny_target, serve, stop, reason):
    with opened(tiny_target, replying(serve(), finish_reason=reason)) as engine:
        assert [made.stop for made in engine.generate(["a"])] == [stop]


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_thought_in_a_field_of_its_own_stands_before_the_text(tiny_target, serve, field):
    server = replying(serve(), text="It is 5.\n#### 5\nMore", **{field: "2 + 2\n#### 4"})
    with opened(tiny_target, server) as engine:
        (made,) = engine.generate(["a"])
    assert (made.text, made.stop) == ("<think>\n2 + 2\n#### 4\n</think>\nIt is 5.\n#### 5", "answer")


@pytest.mark.parametrize("other", ["content_filter", "abort", "error", "tool_calls", None])
def test_reply_that_ends_for_another_reason_ends_the_run(tiny_target, serve, other):
    server = replying(serve(), finish_reason=other)
    with opened(tiny_target, server) as engine, pytest.raises(SourceError, match=rf"for the reason {other!r}, not"):
        engine.generate(["a"])


def test_error_that_may_pass_is_tried_again(tiny_target, serve, monkeypatch):
    monkeypatch.setattr(openai, "_BACKOFF", 0.01)
    server = serve()
    passing = [
        lambda _: error(429, "busy", retry_after=0),
        lambda _: error(503, "busy"),
        lambda _: Answer(200, {"error": {"code": 502, "message": "Upstream hung up"}}),
        lambda body: cut_short(server.complete(body), finish_reason="error"),
        lambda body: cut_short(server.complete(body), error={"message": "GPU lost"}),
    ]
    server.answer_with(lambda body: (passing.pop() if passing else server.complete)(body))
    with opened(tiny_target, server, attempts=6) as engine:
        assert engine.generate(["a"]) == transformers_engine(tiny_target).generate(["a"])
    assert len(server.requests) == 6


def cut_short(answer, **choice):
    """Return an answer whose choice has the start of a text, and other values."""
    answer.body["choices"][0] |= {"text": "a", **choice}
    return answer


PERMANENT = {
    "credit": Answer(200, {"error": {"code": 402, "message": "Insufficient credits"}}),
    "quota": error(429, "insufficient_quota"),
    "key": error(401, "invalid_api_key"),
    "model": error(503, "model_not_found"),
    "path": Answer(200, {"error": "Unexpected endpoint or method. (POST /completions)"}),
}


@pytest.mark.parametrize("answer", PERMANENT.values(), ids=PERMANENT.keys())
def test_what_no_request_can_pass_costs_one_call(tiny_target, serve, answer):
    server = serve()
    server.answer_with(lambda _: answer)
    with opened(tiny_target, server, attempts=3) as engine, pytest.raises(SourceError, match=r"runtime\.openai: "):
        engine.generate(["a", "b", "c"])
    assert len(server.requests) == 1


@pytest.mark.parametrize(("key", "sent"), [("secret", "Bearer secret"), (None, "Bearer none")])
def test_key_is_that_of_the_target_and_never_the_instructors(tiny_target, serve, monkeypatch, key, sent):
    monkeypatch.setenv("OPENAI_API_KEY", "the instructor's")
    monkeypatch.delenv("TARGET_API_KEY", raising=False)
    if key:
        monkeypatch.setenv("TARGET_API_KEY", key)
    server = serve()
    with opened(tiny_target, server) as engine:
        engine.generate(["a"])
    assert server.keys == [sent]


def test_requests_in_flight_stay_within_the_concurrency(tiny_target, serve):
    server = serve()
    server.answer_with(lambda body: server.complete(body)._replace(delay=0.05))
    with opened(tiny_target, server, new_tokens=1, concurrency=3) as engine:
        engine.generate([f"Question {i}" for i in range(12)])
    assert server.peak == 3
