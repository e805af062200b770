"""Pools of rows and shared prefixes on tiny models in float32, where they must not change anything but the time."""

import pytest
import torch

from stages.model.engines.shared_prefix import SharedPrefixEngine
from stages.model.engines.transformers import TransformersEngine
from stages.model.generation import Generation, GenerationParams, SplitPrompt
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
def target(request, tiny_target):
    return tiny_target if request.param == "llama" else request.getfixturevalue(request.param)


@pytest.fixture
def engine(target):
    return SharedPrefixEngine(target, "float32", GenerationParams(20, True), "cpu")


@pytest.fixture
def whole(target):
    """The engine of transformers' own generation."""
    return TransformersEngine(target, "float32", GenerationParams(20, True), "cpu")


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
def test_generations_after_a_cached_prefix_are_those_of_whole_prompts(engine, whole, split, batch_tokens):
    found, pairs = split
    made = engine.generations([prompt for prompt, _ in found], batch_tokens)
    assert made == [whole.generate([prompt])[0] for prompt, _ in pairs]


def test_texts_of_a_batch_are_those_of_transformers_own_generation(engine, whole):
    prompts = [prefix + rest for prefix in PREFIXES for rest, _ in ENDS]
    assert engine.generate(prompts) == [whole.generate([prompt])[0] for prompt in prompts]


def test_rows_that_have_ended_are_not_computed_any_more(tiny_target):
    engine = SharedPrefixEngine(tiny_target, "float32", GenerationParams(30, True), "cpu")
    prompts = ["Q" * count for count in (4, 24, 14, 22)]
    dictate(engine, engine.encode(["x" * 30 + "<|im_end|>"])[0], start=0)
    rows = []
    engine._model.register_forward_pre_hook(
        lambda _module, _args, kwargs: rows.append(len(kwargs["input_ids"])), with_kwargs=True
    )
    assert engine.generate(prompts) == [Generation("x" * (31 - n), 32 - n, "end") for n in map(len, prompts)]
    assert rows[0] == 4
    assert rows[-1] == 1
    assert sum(rows) < 4 * len(rows) * 0.75


def test_text_without_a_finite_number_ends_as_if_at_the_limit_and_leaves_the_others_alone(tiny_target):
    engine = SharedPrefixEngine(tiny_target, "float32", GenerationParams(20, True), "cpu")
    expected = engine.generate(PREFIXES)
    ((spoilt,),) = engine.encode(["b"])
    assert PREFIXES[1] == "b"
    engine._model.get_input_embeddings().register_forward_hook(
        lambda _module, inputs, output: output.masked_fill(inputs[0].eq(spoilt)[..., None], float("nan"))
    )
    made = engine.generate(PREFIXES)
    assert [made[0], made[2]] == [expected[0], expected[2]]
    assert made[1].stop == "length"


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


def dictate(engine, ids, start):
    """Let an engine's model write given tokens: the first after position `start` of every row, and so on."""

    def give(_module, _args, kwargs, output):
        positions = kwargs["position_ids"]
        keep = output.logits.shape[1]
        output.logits.zero_()
        for row, places in enumerate(positions.expand(len(output.logits), -1)[:, -keep:].tolist()):
            for i, place in enumerate(places):
                output.logits[row, i, ids[min(max(place - start, 0), len(ids) - 1)]] = 1.0
        return output

    engine._model.register_forward_hook(give, with_kwargs=True)


SCRIPTS = ["1+1=2\n#### 2\nmore", "7<|im_end|>", "no end in sight, nothing at all", "\n#### \n#### 5\n", "<|im_end|>"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_text_stop_and_tokens_are_those_of_whole_prompts(tiny_target, script):
    """The model writes a given text: its output layer puts one token after each position of the text."""
    engine = SharedPrefixEngine(tiny_target, "float32", GenerationParams(20, True), "cpu")
    whole = TransformersEngine(tiny_target, "float32", GenerationParams(20, True), "cpu")
    ids, question = engine.encode([script, "Q?"])
    for one in (engine, whole):
        dictate(one, ids, start=len(question) - 1)
    prefix, rest = engine.encode(["Q", "?"])
    (past,) = engine.pasts([prefix])
    assert engine.generations([SplitPrompt(past, rest)], 1000) == whole.generate(["Q?"]) == engine.generate(["Q?"])


def test_context_is_what_the_configuration_says(tiny_target):
    assert SharedPrefixEngine(tiny_target, "float32", GenerationParams(4, True), "cpu").context == 4096
