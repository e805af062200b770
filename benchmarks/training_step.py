"""Tokens a second of one LoRA step on the CPU: attention, adapter type, adapted layers, and TRL's loss against ours.

    python -m benchmarks.training_step --model models/base --threads 2

Random tokens, 8 rows of 122 tokens of which 56 are trained on, the mean of the default run. Prints the fastest of three
steps after a first one that is not counted.
"""

import argparse
import time
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

ROWS, LENGTH, TRAINED = 8, 122, 56
ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"]
MLP = ["gate_proj", "up_proj", "down_proj"]


def adapted(path: Path, attention: str, in_float32: bool, targets: list[str]) -> Any:
    """Load the model with a fresh adapter."""
    base = AutoModelForCausalLM.from_pretrained(path, dtype=torch.bfloat16, attn_implementation=attention)
    config = LoraConfig(r=16, lora_alpha=32, target_modules=targets, task_type="CAUSAL_LM")
    return get_peft_model(base, config, autocast_adapter_dtype=in_float32).train()


def plain_loss(model: Any, ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the cross-entropy with logits for the trained positions alone, as stages/training/backends/trl.py does."""
    shifted = labels[:, 1:]
    answered = (shifted != -100).any(dim=0).nonzero().flatten()
    logits = model(input_ids=ids, use_cache=False, logits_to_keep=answered).logits
    wanted = shifted[:, answered]
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1).float(), wanted.flatten())


def fused_loss(model: Any, ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return TRL's own loss, of which the log-probabilities are computed in chunks."""
    output = model(input_ids=ids, labels=labels, use_cache=False, fused_lm_head=True)
    return -output.log_probs.sum() / output.label_mask.sum()


def fastest_step(model: Any, loss_of: Any) -> float:
    """Return seconds of the fastest of three steps."""
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(10, 40_000, (ROWS, LENGTH), generator=generator)
    labels = ids.clone()
    labels[:, : LENGTH - TRAINED] = -100
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3)
    seconds = []
    for _ in range(4):
        started = time.perf_counter()
        loss_of(model, ids, labels).backward()
        optimizer.step()
        optimizer.zero_grad()
        seconds.append(time.perf_counter() - started)
    return min(seconds[1:])


def main() -> None:
    """Measure each setting in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("models/base"))
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    everything = ATTENTION + MLP
    settings = {
        "adapter float32, sdpa": ("sdpa", True, everything, plain_loss),
        "adapter bfloat16, sdpa": ("sdpa", False, everything, plain_loss),
        "adapter bfloat16, eager": ("eager", False, everything, plain_loss),
        "adapter bfloat16, eager, attention only": ("eager", False, ATTENTION, plain_loss),
        "adapter bfloat16, eager, MLP only": ("eager", False, MLP, plain_loss),
        "adapter bfloat16, eager, TRL's fused loss": ("eager", False, everything, fused_loss),
    }
    for name, (attention, in_float32, targets, loss_of) in settings.items():
        model = adapted(arguments.model, attention, in_float32, targets)
        if loss_of is fused_loss:
            from trl.trainer.utils import add_fused_lm_head  # private to TRL, and needed for this line only

            add_fused_lm_head(model.get_base_model(), outputs=("log_probs", "entropy", "is_top1"))
        print(f"{name:44} {ROWS * LENGTH / fastest_step(model, loss_of):6.0f} tokens/s")


if __name__ == "__main__":
    main()
