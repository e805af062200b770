"""Tiny models with random weights, one of each family: real files that `from_pretrained` loads in a moment."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.core.files import write_json
from stages.model.checkpoints import CARD
from tests.tiny import make_tokenizer

_WIDTH = {"vocab_size": 272, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
_SIZES = _WIDTH | {"intermediate_size": 64, "num_key_value_heads": 2, "max_position_embeddings": 1024}
_HEADS = _SIZES | {"head_dim": 8}
_WINDOW = _HEADS | {"sliding_window": 16}
_MAMBA = {"mamba_n_heads": 8, "mamba_d_head": 8, "mamba_d_state": 8, "mamba_chunk_size": 16}
_EXPERTS = {"num_local_experts": 4, "num_experts_per_tok": 2}
_SCALE = 8.0
"""Of the weights: with those that transformers draws, a text would say little about the next token."""


@dataclass(frozen=True)
class Family:
    """A family of models: transformers' `model_type`, and what the configuration of a tiny one has."""

    kind: str
    sizes: dict[str, Any]


FAMILIES = {
    "Llama": Family("llama", _HEADS),
    "Qwen2": Family("qwen2", _HEADS),
    "Qwen3": Family("qwen3", _HEADS),
    "Qwen3-Next": Family(
        "qwen3_next",
        _HEADS
        | {"linear_key_head_dim": 8, "linear_value_head_dim": 8, "linear_num_key_heads": 2, "linear_num_value_heads": 4}
        | {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}
        | {"shared_expert_intermediate_size": 16, "layer_types": ["linear_attention", "full_attention"]},
    ),
    "Mistral": Family("mistral", _WINDOW),
    "Gemma": Family("gemma", _HEADS),
    "Gemma 2": Family("gemma2", _WINDOW | {"query_pre_attn_scalar": 8}),
    "Gemma 3": Family(
        "gemma3_text",
        _WINDOW | {"query_pre_attn_scalar": 8, "layer_types": ["sliding_attention", "full_attention"]},
    ),
    "Phi 3": Family("phi3", _SIZES),
    "GPT-2": Family("gpt2", _SIZES),
    "GPT-NeoX": Family("gpt_neox", _SIZES),
    "GPT-Neo": Family("gpt_neo", _SIZES | {"attention_types": [[["global", "local"], 1]], "window_size": 16}),
    "BLOOM": Family("bloom", _WIDTH),
    "MPT": Family("mpt", _WIDTH),
    "OPT": Family("opt", _WIDTH | {"ffn_dim": 64, "word_embed_proj_dim": 32, "max_position_embeddings": 1024}),
    "Falcon": Family("falcon", _WIDTH | {"max_position_embeddings": 1024}),
    "Falcon-H1": Family("falcon_h1", _HEADS | _MAMBA | {"mamba_d_ssm": 64}),
    "Bamba": Family("bamba", _SIZES | _MAMBA | {"attn_layer_indices": [1]}),
    "Granite": Family("granite", _SIZES),
    "Granite hybrid": Family(
        "granitemoehybrid",
        _SIZES | _MAMBA | _EXPERTS | {"shared_intermediate_size": 16, "layer_types": ["mamba", "attention"]},
    ),
    "LFM2": Family("lfm2", _SIZES | {"full_attn_idxs": [1], "block_multiple_of": 16}),
    "Mamba": Family("mamba", _WIDTH | {"state_size": 8}),
    "Mamba 2": Family(
        "mamba2", _WIDTH | {"num_heads": 8, "head_dim": 8, "state_size": 8, "n_groups": 2, "chunk_size": 16}
    ),
    "RecurrentGemma": Family(
        "recurrent_gemma",
        _SIZES | {"lru_width": 32, "attention_window_size": 16, "block_types": ["recurrent", "attention"]},
    ),
    "GPT-OSS": Family("gpt_oss", _WINDOW | _EXPERTS),
    "DeepSeek V3": Family(
        "deepseek_v3",
        _SIZES
        | {"num_key_value_heads": 4, "moe_intermediate_size": 16, "n_routed_experts": 4, "num_experts_per_tok": 2}
        | {"q_lora_rank": 16, "kv_lora_rank": 8, "qk_rope_head_dim": 8, "qk_nope_head_dim": 8, "v_head_dim": 12}
        | {"first_k_dense_replace": 1, "n_group": 1, "topk_group": 1},
    ),
    "OLMo 2": Family("olmo2", _SIZES),
    "SmolLM3": Family("smollm3", _SIZES),
    "StarCoder2": Family("starcoder2", _SIZES),
    "Cohere": Family("cohere", _SIZES),
}


def write_family(folder: Path, name: str, chat_template: str | None = None) -> Path:
    """Write a random model of a family, as `fetch_target` leaves one; return the folder."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    family = FAMILIES[name]
    ends = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        config = AutoConfig.for_model(family.kind, **family.sizes, **ends)
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_(_SCALE)
    model.save_pretrained(folder)
    tokenizer = make_tokenizer()
    tokenizer.chat_template = chat_template
    tokenizer.save_pretrained(folder)
    write_json(folder / CARD, {"kind": "weights"})
    return folder
