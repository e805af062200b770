"""Shared prefixes on tiny models in float32, where they must not change anything but the time."""

import pytest
import torch

from stages.pipeline.files import write_json
from stages.target import models
from stages.target.generation import GenerationParams, Request
from stages.target.shared_prefix import SharedPrefixEngine, accepted
from tests.tiny import make_tokenizer

PREFIXES = ["<|im_start|>A long example, is it not?", "b", "Example: 3 + 4 = 7\n#### 7\n"]
ENDS = [(" How many?", "3 + 4 = 7\n#### 7<|im_end|>"), (" And?", "#### 12"), (" x" * 9, "z")]


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory):
    """A model with learned positions, which padding and gaps would shift."""
    from transformers import GPT2Config, GPT2LMHeadModel

    folder = tmp_path_factory.mktemp("gpt2")
    tokenizer = make_tokenizer()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = GPT2Config(
            vocab_size=len(tokenizer), n_positions=128, n_embd=32, n_layer=2, n_head=2,
            bos_token_id=1, eos_token_id=2, initializer_range=0.5,
        )  # fmt: skip
        GPT2LMHeadModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    write_json(folder / models.CARD, {"kind": "weights"})
    return models.Target(folder, None)


@pytest.fixture(scope="module")
def mistral(tmp_path_factory):
    """A model whose attention sees 24 tokens back."""
    from transformers import MistralConfig, MistralForCausalLM

    folder = tmp_path_factory.mktemp("mistral")
    tokenizer = make_tokenizer()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = MistralConfig(
            vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
            num_attention_heads=4, num_key_value_heads=2, sliding_window=24, bos_token_id=1, eos_token_id=2,
            pad_token_id=2, initializer_range=0.5,
        )  # fmt: skip
        MistralForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    write_json(folder / models.CARD, {"kind": "weights"})
    return models.Target(folder, None)


@pytest.fixture(params=["llama", "gpt2", "mistral"])
def engine(request, tiny_target):
    target = tiny_target if request.param == "llama" else request.getfixturevalue(request.param)
    return SharedPrefixEngine(target, "float32", GenerationParams(20), "cpu")


@pytest.fixture
def requests(engine):
    """Return the requests of all prefixes with all ends, and the whole prompts with their completions."""
    pasts = engine.pasts(engine.encode(PREFIXES))
    found = [Request(past, *engine.encode([prompt, completion])) for past in pasts for prompt, completion in ENDS]
    pairs = [(prefix + prompt, completion) for prefix in PREFIXES for prompt, completion in ENDS]
    return found, pairs


@pytest.mark.parametrize("batch_tokens", [1, 200, 10_000])
def test_likelihoods_after_a_cached_prefix_are_those_of_whole_prompts(engine, requests, batch_tokens):
    found, pairs = requests
    alone = [engine.log_likelihoods([pair])[0] for pair in pairs]
    replies = engine.likelihoods(found, batch_tokens)
    assert [reply.likelihood for reply in replies] == pytest.approx(alone, abs=1e-4)
    assert {reply.generation for reply in replies} == {None}


@pytest.mark.parametrize("batch_tokens", [1, 300, 10_000])
def test_attempts_after_a_cached_prefix_are_those_of_whole_prompts(engine, requests, batch_tokens):
    found, pairs = requests
    replies = engine.attempts(found, batch_tokens)
    assert [reply.generation for reply in replies] == [engine.generate([prompt])[0] for prompt, _ in pairs]
    alone = [engine.log_likelihoods([pair])[0] for pair in pairs]
    assert [reply.likelihood for reply in replies] == pytest.approx(alone, abs=1e-4)


def test_attempts_do_not_depend_on_the_draft(engine, requests):
    found, pairs = requests
    written = [engine.generate([prompt])[0].text for prompt, _ in pairs]
    drafts = [engine.encode([text[:9] + "?"])[0] for text in written]
    again = [Request(r.past, r.prompt, draft) for r, draft in zip(found, drafts, strict=True)]
    assert [reply.generation.text for reply in engine.attempts(again, 500)] == written


def test_pasts_in_a_batch_are_those_of_each_prefix_alone(engine):
    prefixes = engine.encode(PREFIXES)
    for prefix, together in zip(prefixes, engine.pasts(prefixes), strict=True):
        (alone,) = engine.pasts([prefix])
        assert [keys.shape[1] for keys, _ in together] == [len(prefix)] * 2
        for one, other in zip(together, alone, strict=True):
            torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


SCRIPTS = ["1+1=2\n#### 2\nmore", "7<|im_end|>", "no end in sight, nothing at all", "\n#### \n#### 5\n", "<|im_end|>"]


@pytest.mark.parametrize("draft", ["1+1=3", "7<|im_end|>", "no end in sight, nothing at all, longer than it may be"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_text_stop_and_tokens_are_those_of_the_engine_without_a_draft(tiny_target, script, draft):
    """The model writes a given text: its output layer puts one token after each position of the text."""
    engine = SharedPrefixEngine(tiny_target, "float32", GenerationParams(20), "cpu")
    ids = engine.encode([script])[0]
    start = len(engine.encode(["Q?"])[0]) - 1

    def dictate(_module, _args, kwargs, output):
        positions = kwargs["position_ids"]
        keep = output.logits.shape[1]
        output.logits.zero_()
        for row, places in enumerate(positions.expand(len(output.logits), -1)[:, -keep:].tolist()):
            for i, place in enumerate(places):
                output.logits[row, i, ids[min(max(place - start, 0), len(ids) - 1)]] = 1.0
        return output

    engine._model.register_forward_hook(dictate, with_kwargs=True)
    prefix, rest = engine.encode(["Q", "?"])
    (past,) = engine.pasts([prefix])
    (reply,) = engine.attempts([Request(past, rest, engine.encode([draft])[0])], 1000)
    (expected,) = engine.generate(["Q?"])
    assert reply.generation == expected


@pytest.mark.parametrize(
    ("draft", "choices", "expected"),
    [
        pytest.param([5, 6], [5, 6, 7], [5, 6, 7], id="all-and-the-next"),
        pytest.param([5, 6], [5, 9, 7], [5, 9], id="up-to-the-first-difference"),
        pytest.param([5, 6], [4, 6, 7], [4], id="differs-at-once"),
        pytest.param([], [3], [3], id="no-draft"),
    ],
)
def test_accepted(draft, choices, expected):
    assert accepted(draft, choices) == expected


def test_context_is_what_the_configuration_says(tiny_target):
    assert SharedPrefixEngine(tiny_target, "float32", GenerationParams(4), "cpu").context == 4096
