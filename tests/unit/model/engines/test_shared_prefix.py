"""Shared prefixes on tiny models in float32, where they must not change anything but the time."""

import pytest
import torch

from stages.model.engines.shared_prefix import SharedPrefixEngine
from stages.model.generation import GenerationParams, SplitPrompt
from tests.tiny import make_tokenizer
from tests.unit.model.engines.conftest import written

PREFIXES = ["<|im_start|>A long example, is it not?", "b", "Example: 3 + 4 = 7\n#### 7\n"]
ENDS = [(" How many?", "3 + 4 = 7\n#### 7<|im_end|>"), (" And?", "#### 12"), (" x" * 9, "z")]


@pytest.fixture(scope="module")
def mistral(tmp_path_factory):
    """A model whose attention sees 24 tokens back."""
    from transformers import MistralConfig, MistralForCausalLM

    config = MistralConfig(
        vocab_size=len(make_tokenizer()), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, sliding_window=24, bos_token_id=1, eos_token_id=2,
        pad_token_id=2, initializer_range=0.5,
    )  # fmt: skip
    return written(tmp_path_factory.mktemp("mistral"), MistralForCausalLM, config)


@pytest.fixture(params=["llama", "gpt2", "mistral"])
def engine(request, tiny_target):
    target = tiny_target if request.param == "llama" else request.getfixturevalue(request.param)
    return SharedPrefixEngine(target, "float32", GenerationParams(20, True), "cpu")


@pytest.fixture
def split(engine):
    """Return all prefixes with all ends, and the whole prompts, each with its completion."""
    pasts = engine.pasts(engine.encode(PREFIXES))
    rests, completions = engine.encode([rest for rest, _ in ENDS]), engine.encode([text for _, text in ENDS])
    found = [(SplitPrompt(past, rest), gold) for past in pasts for rest, gold in zip(rests, completions, strict=True)]
    return found, [(prefix + rest, completion) for prefix in PREFIXES for rest, completion in ENDS]


@pytest.mark.parametrize("batch_tokens", [1, 200, 10_000])
def test_likelihoods_after_a_cached_prefix_are_those_of_whole_prompts(engine, split, batch_tokens):
    found, pairs = split
    alone = [engine.log_likelihoods([pair])[0] for pair in pairs]
    assert engine.likelihoods(found, batch_tokens) == pytest.approx(alone, abs=1e-4)


@pytest.mark.parametrize("batch_tokens", [1, 300, 10_000])
def test_generations_after_a_cached_prefix_are_those_of_whole_prompts(engine, split, batch_tokens):
    found, pairs = split
    made = engine.generations([prompt for prompt, _ in found], batch_tokens)
    assert made == [engine.generate([prompt])[0] for prompt, _ in pairs]


@pytest.mark.parametrize("spoilt", [[0], [1, 4], list(range(len(PREFIXES) * len(ENDS)))])
def test_generation_without_a_finite_number_is_none_and_leaves_the_others_alone(tiny_target, spoilt):
    engine = SharedPrefixEngine(tiny_target, "float32", GenerationParams(20, True), "cpu")
    pasts, rests = engine.pasts(engine.encode(PREFIXES)), engine.encode([rest for rest, _ in ENDS])
    prompts = [SplitPrompt(past, rest) for past in pasts for rest in rests]
    expected = engine.generations(prompts, 300)
    for place in spoilt:  # of the last layer, so that it alone attends to it
        past = [(keys.clone(), values.clone()) for keys, values in prompts[place].past]
        past[-1][1].fill_(float("nan"))
        prompts[place] = SplitPrompt(past, prompts[place].suffix)
    made = engine.generations(prompts, 300)
    assert made == [None if place in spoilt else one for place, one in enumerate(expected)]


def test_pasts_in_a_batch_are_those_of_each_prefix_alone(engine):
    prefixes = engine.encode(PREFIXES)
    for prefix, together in zip(prefixes, engine.pasts(prefixes), strict=True):
        (alone,) = engine.pasts([prefix])
        assert [keys.shape[1] for keys, _ in together] == [len(prefix)] * 2
        for one, other in zip(together, alone, strict=True):
            torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


SCRIPTS = ["1+1=2\n#### 2\nmore", "7<|im_end|>", "no end in sight, nothing at all", "\n#### \n#### 5\n", "<|im_end|>"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_text_stop_and_tokens_are_those_of_whole_prompts(tiny_target, script):
    """The model writes a given text: its output layer puts one token after each position of the text."""
    engine = SharedPrefixEngine(tiny_target, "float32", GenerationParams(20, True), "cpu")
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
    assert engine.generations([SplitPrompt(past, rest)], 1000) == engine.generate(["Q?"])


def test_context_is_what_the_configuration_says(tiny_target):
    assert SharedPrefixEngine(tiny_target, "float32", GenerationParams(4, True), "cpu").context == 4096
