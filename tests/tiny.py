"""A tiny Llama with random weights and a byte-level tokenizer: real files that `from_pretrained` loads in a moment."""

from pathlib import Path
from typing import Any

SPECIAL = ["<unk>", "<|im_start|>", "<|im_end|>"]


def write_model(folder: Path, seed: int = 0) -> Path:
    """Write model and tokenizer to `folder` and return it."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = make_tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=4096, bos_token_id=1, eos_token_id=2, pad_token_id=2,
        tie_word_embeddings=True,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_tokenizer() -> Any:
    """Return a tokenizer whose tokens are bytes and the three special tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: i for i, token in enumerate([*SPECIAL, *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="<unk>",
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
    )


def write_bigram(folder: Path, following: dict[str, str]) -> Path:
    """Write a model whose next token depends on the last one alone, and return the folder.

    `following` are characters or special tokens, and `####` as one token, by the one before; all others repeat.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = make_tokenizer()
    tokenizer.add_tokens(["####"])
    size = len(tokenizer) + -len(tokenizer) % 8
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=size, intermediate_size=8, num_hidden_layers=1,
        num_attention_heads=4, num_key_value_heads=4, max_position_embeddings=256, bos_token_id=1, eos_token_id=2,
        pad_token_id=2, tie_word_embeddings=False,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    ids = {text: tokenizer(text)["input_ids"][0] for text in {*following, *following.values()}}
    after = list(range(len(tokenizer)))
    for text, following_text in following.items():
        after[ids[text]] = ids[following_text]
    with torch.no_grad():
        for weights in model.model.layers.parameters():
            weights.zero_()  # what stays is the embedding of the last token
        model.model.embed_tokens.weight.copy_(torch.eye(len(tokenizer), size))
        model.lm_head.weight.zero_()
        for token, next_token in enumerate(after):
            model.lm_head.weight[next_token, token] = 1.0
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def write_adapter(folder: Path, base: Path, rank: int = 4, seed: int = 0) -> Path:
    """Write a LoRA adapter with random weights for a model of `write_model` and return its folder."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    config = LoraConfig(
        r=rank, lora_alpha=8 * rank, target_modules=["q_proj", "v_proj", "up_proj"], init_lora_weights=False,
        task_type="CAUSAL_LM",
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(folder)
    return folder
