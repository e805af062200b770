"""Samples of the engines that compute in this process, which draw each in its own way."""

import math
from collections import Counter

import pytest
import torch

from stages.model.engines.shared_prefix import SharedPrefixEngine
from stages.model.engines.transformers import TransformersEngine
from stages.model.generation import Draw, GenerationParams
from tests.unit.model.engines.conftest import PROMPTS


@pytest.fixture(params=[TransformersEngine, SharedPrefixEngine])
def open_engine(request, tiny_target):
    """Return a function that opens an engine for so many new tokens."""

    def make(max_new_tokens):
        return request.param(tiny_target, "float32", GenerationParams(max_new_tokens, True), "cpu")

    return make


@pytest.fixture
def chances(open_engine):
    """Return an engine for one new token, whose model gives logits to characters from `(` on alone."""

    def make(logits, **defaults):
        engine = open_engine(1)
        for name, value in defaults.items():
            setattr(engine._model.generation_config, name, value)

        def give(_module, _inputs, output):
            output = torch.full_like(output, -100.0)
            output[..., 10 : 10 + len(logits)] = torch.tensor(logits)
            return output

        engine._model.lm_head.register_forward_hook(give)
        return engine

    return make


def test_samples_depend_on_the_seed_alone(open_engine):
    engine = open_engine(12)
    torch.manual_seed(0)
    made = engine.sample(PROMPTS, Draw(0.8, 1))
    after = torch.rand(1)
    torch.manual_seed(99)
    assert engine.sample(PROMPTS, Draw(0.8, 1)) == made != engine.sample(PROMPTS, Draw(0.8, 2))
    torch.manual_seed(0)
    assert torch.rand(1) == after  # what else draws is not disturbed


def test_samples_of_one_prompt_are_draws_of_their_own(open_engine):
    made = open_engine(12).sample(["How many?"] * 6, Draw(0.8, 1))
    assert len({one.text for one in made}) == 6


def test_samples_at_a_temperature_near_0_are_the_greedy_texts(open_engine):
    engine = open_engine(12)
    assert engine.sample(PROMPTS, Draw(1e-4, 1)) == engine.generate(PROMPTS)


def test_tokens_are_drawn_by_their_chances_at_the_temperature(chances):
    # Logits 0 and ln 2 at temperature 0.5 are chances of 1 to 4: 0.8 of 1000, with a standard error of 0.0126.
    made = chances([0.0, math.log(2)]).sample(["Q"] * 1000, Draw(0.5, 1))
    counts = Counter(one.text for one in made)
    assert len(counts) == 2
    assert max(counts.values()) / 1000 == pytest.approx(0.8, abs=0.05)


def test_no_token_is_left_out_whatever_the_models_own_defaults(chances):
    engine = chances([0.0] * 80, top_k=3, top_p=0.1, temperature=0.1)
    assert len({one.text for one in engine.sample(["Q"] * 1000, Draw(1.0, 1))}) == 80
