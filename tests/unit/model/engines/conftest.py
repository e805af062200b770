"""What engines are compared on, and the transformers engine that they are compared with."""

import pytest
import torch

from stages.core.files import write_json
from stages.model import checkpoints
from stages.model.engines.shared_prefix import SharedPrefixEngine
from stages.model.generation import GenerationParams, SplitPrompt
from tests.tiny import make_tokenizer

PROMPTS = ["a", "How many apples are left in the basket?", "1 + 1 =", "zzz " * 12, "é€"]
PAIRS = [("a", "b" * 30), ("How many are left in the basket?", "7"), ("z" * 40, "12 apples"), ("é", "<|im_end|>")]


def transformers_engine(target, dtype="float32", new_tokens=12):
    return SharedPrefixEngine(target, dtype, GenerationParams(new_tokens, True), "cpu")


def trials(engine):
    """Prompts in two parts, and the same with their completions."""
    prefixes, rests, golds = (
        engine.encode(texts) for texts in (["An example. ", "b"], [" How many?", "Why?"], ["7", "4 + 5"])
    )
    prompts = [SplitPrompt(*parts) for parts in zip(engine.pasts(prefixes), rests, strict=True)]
    return prompts, list(zip(prompts, golds, strict=True))


def written(folder, kind, config):
    """Write a random model with the byte-level tokenizer and return it as a target."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        kind(config).save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    write_json(folder / checkpoints.CARD, {"kind": "weights"})
    return checkpoints.Target(folder, None)


@pytest.fixture(scope="session")
def gpt2(tmp_path_factory):
    """A model with learned positions, which padding and gaps would shift."""
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=len(make_tokenizer()), n_positions=128, n_embd=32, n_layer=2, n_head=2, bos_token_id=1,
        eos_token_id=2, initializer_range=0.5,
    )  # fmt: skip
    return written(tmp_path_factory.mktemp("gpt2"), GPT2LMHeadModel, config)
