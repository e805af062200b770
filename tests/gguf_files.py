"""Tiny GGUF files, and what the weights in them are."""

import gguf
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from tests.tiny import make_tokenizer

Q8_0 = gguf.GGMLQuantizationType.Q8_0


def make_model(tied=True):
    """Return a tiny Llama with random weights and two tokens more than the tokenizer, as `write_gguf` needs it."""
    config = LlamaConfig(
        vocab_size=len(make_tokenizer()) + 2, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=4096, tie_word_embeddings=tied,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return LlamaForCausalLM(config)


def write_gguf(path, model, architecture="llama", without=""):
    """Write a tiny Llama as llama.cpp's converter does: its rows of q and k are interleaved, its matrices in Q8_0.

    Without one of its tensors, if that is named.
    """
    config, tokenizer = model.config, make_tokenizer()
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)
    writer.add_vocab_size(config.vocab_size)
    # Merges there must be, and more than one for transformers 5.17; their tokens are beyond those of the tokenizer.
    tokens = [*tokenizer.convert_ids_to_tokens(range(len(tokenizer))), "xy", "yx"]
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_types([3] * 3 + [1] * (len(tokens) - 3))
    writer.add_token_merges(["x y", "y x"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    for name, tensor in model.state_dict().items():
        if name == without or (name == "lm_head.weight" and config.tie_word_embeddings):
            continue
        if "q_proj" in name or "k_proj" in name:
            heads = config.num_attention_heads if "q_proj" in name else config.num_key_value_heads
            tensor = tensor.reshape(heads, 2, -1, tensor.shape[-1]).swapaxes(1, 2).reshape(tensor.shape)
        in_file = names.get_name(name, try_suffixes=(".weight",))
        if tensor.dim() == 1:
            writer.add_tensor(in_file, tensor.float().numpy())
        else:
            writer.add_tensor(in_file, gguf.quantize(tensor.float().numpy(), Q8_0), raw_dtype=Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def rounded(tensor):
    """Return what a checkpoint in bfloat16 holds of a tensor that `write_gguf` has written."""
    if tensor.dim() > 1:
        blocks = gguf.quantize(tensor.detach().float().numpy(), Q8_0)
        tensor = torch.from_numpy(gguf.dequantize(blocks, Q8_0))
    return tensor.to(torch.bfloat16)
