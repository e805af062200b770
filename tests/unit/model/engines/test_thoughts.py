"""A thought that the prompt opens, and ends of the target's own, in every engine."""

import json

import pytest

from stages.core import runtime
from stages.core.files import write_json
from stages.model import checkpoints, inference
from stages.model.checkpoints import Target
from stages.model.generation import Generation, GenerationParams, SplitPrompt
from tests.completions_server import CompletionsServer
from tests.tiny import write_bigram

WRITTEN = {">": "####", "####": "7", "7": "\n", "\n": "a", "a": "b", "b": "<|im_end|>"}  # after a `>`


@pytest.fixture(scope="module")
def target(tmp_path_factory):
    folder = write_bigram(tmp_path_factory.mktemp("thinking") / "base", WRITTEN)
    write_json(folder / checkpoints.CARD, {"kind": "weights"})
    return Target(folder, None)


@pytest.fixture(params=["transformers", "vllm", "openai"])
def opened(request, target, vllm_stand_in):
    """Return what opens an engine on the target."""
    del vllm_stand_in  # which `vllm` finds
    with CompletionsServer(
        {"base": checkpoints.load(target, "float32", "cpu")}, checkpoints.load_tokenizer(target.base)
    ) as server:
        served = runtime.ServedRuntime(server.url, "base", "tokens", True, 1, 1, 60.0)
        speed = runtime.Runtime(1, "cpu", 1, None, 200, request.param, runtime.VllmRuntime(None, 1), served)
        yield lambda params, at=target: inference.open_engine(at, "float32", params, speed)


def test_answer_line_inside_of_an_opened_thought_ends_nothing(opened):
    with opened(GenerationParams(20, True)) as engine:
        assert engine.generate(["Q<think>", "Q>"]) == [
            Generation("<think>\n####7\nab", 6, "end"),
            Generation("####7", 3, "answer"),
        ]


def test_opened_thought_is_known_where_the_prompt_comes_in_two_parts(opened):
    with opened(GenerationParams(20, True)) as engine:
        prefix, suffix = engine.encode(["An example. Q", "?<think>"])
        (past,) = engine.pasts([prefix])
        made = engine.generations([SplitPrompt(past, suffix)], 200)
    assert made == [Generation("<think>\n####7\nab", 6, "end")]


def test_no_answer_line_ends_a_text_where_the_params_say_so(opened):
    with opened(GenerationParams(20, False)) as engine:
        assert engine.generate(["Q>"]) == [Generation("####7\nab", 6, "end")]


def test_end_tokens_of_the_generation_config_end_a_text(opened, target, tmp_path, request):
    if request.node.callspec.params["opened"] == "openai":
        pytest.skip("a server stops at its own")
    folder = write_bigram(tmp_path / "base", WRITTEN)
    write_json(folder / checkpoints.CARD, {"kind": "weights"})
    (a,) = checkpoints.load_tokenizer(target.base)("a")["input_ids"]
    path = folder / "generation_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"eos_token_id": [2, a]}))
    with opened(GenerationParams(20, False), Target(folder, None)) as engine:
        assert engine.generate(["Q>"]) == [Generation("####7", 4, "end")]
