"""Tokens a second of one LoRA step on the CPU: attention, adapter type, adapted layers, and TRL's loss against ours.

    python -m benchmarks.training_step [--model models/base] [--threads 2]

Random tokens, 8 rows of 122 tokens of which 56 are trained on, the mean of the default run; the fastest of three steps
after a first one that is not counted.
"""

import time
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from benchmarks import inputs, results

ROWS, LENGTH, TRAINED = 8, 122, 56
ATTENTION, MLP = ["q_proj", "k_proj", "v_proj", "o_proj"], ["gate_proj", "up_proj", "down_proj"]
LAYERS = {"all": ATTENTION + MLP, "attention": ATTENTION, "MLP": MLP}
SETTINGS = [
    {"adapter": "float32", "attention": "sdpa", "layers": "all", "loss": "ours"},
    {"adapter": "bfloat16", "attention": "sdpa", "layers": "all", "loss": "ours"},
    {"adapter": "bfloat16", "attention": "eager", "layers": "all", "loss": "ours"},
    {"adapter": "bfloat16", "attention": "eager", "layers": "attention", "loss": "ours"},
    {"adapter": "bfloat16", "attention": "eager", "layers": "MLP", "loss": "ours"},
    {"adapter": "bfloat16", "attention": "eager", "layers": "all", "loss": "fused, of TRL"},
]


def main() -> None:
    """Measure each setting in turn."""
    parser = inputs.parser(__doc__)
    parser.add_argument("--model", type=Path, default=Path("models/base"))
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    results.write("training_step", [setting | measured(arguments.model, setting) for setting in SETTINGS])


def measured(path: Path, setting: dict[str, str]) -> dict[str, int]:
    """Return the tokens a second of a setting."""
    base = AutoModelForCausalLM.from_pretrained(path, dtype=torch.bfloat16, attn_implementation=setting["attention"])
    config = LoraConfig(r=16, lora_alpha=32, target_modules=LAYERS[setting["layers"]], task_type="CAUSAL_LM")
    model = get_peft_model(base, config, autocast_adapter_dtype=setting["adapter"] == "float32").train()
    loss = plain_loss
    if setting["loss"] != "ours":
        from trl.trainer.utils import add_fused_lm_head  # private to TRL, and needed for this line only

        add_fused_lm_head(model.get_base_model(), outputs=("log_probs", "entropy", "is_top1"))
        loss = fused_loss
    return {"tokens_per_second": round(ROWS * LENGTH / fastest_step(model, loss))}


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


if __name__ == "__main__":
    main()
