"""After training: what was written to disk does what the trained model does, and still does it once merged.

The saved adapter is loaded the way any user would, by plain PEFT on the base model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stages.core.exceptions import TrainingError
from stages.model import checkpoints
from stages.model.checkpoints import Target
from stages.training.encoding import IGNORED, EncodedRow
from stages.training.job import Job

PROMPTS = 8
_MOVED = 0.05  # nats a token; less than that, rounding in bfloat16 hides what the adapter does


@dataclass(frozen=True)
class Agreement:
    """On how many of the prompts the merged model writes, token for token, what the adapter writes."""

    same: int
    prompts: int


def sample(rows: Sequence[EncodedRow]) -> list[EncodedRow]:
    """Return up to eight rows, evenly spread."""
    step = max(1, len(rows) // PROMPTS)
    return list(rows[::step][:PROMPTS])


def check_saved(trained: Any, job: Job) -> None:
    """Check that the adapter in the job's folder computes what the trained model computes.

    Raises:
        TrainingError: it does not; the adapter is not applied, or not whole.
    """
    from peft import PeftModel  # heavy

    base = checkpoints.load_base(job.start.base, job.dtype, job.device)
    saved = PeftModel.from_pretrained(base, job.out).eval()
    trained.eval()
    with trained.disable_adapter():
        before = log_likelihoods(trained, sample(job.rows))
    after = log_likelihoods(trained, sample(job.rows))
    check_applied(before, after, log_likelihoods(saved, sample(job.rows)), f"{job.out}: the saved adapter")


def check_applied(before: Sequence[float], after: Sequence[float], found: Sequence[float], what: str) -> None:
    """Check that likelihoods are those after training rather than those before it; nothing is known if they are alike.

    Raises:
        TrainingError: they are further from the trained model's than half the way that training took.
    """
    moved = max(abs(a - b) for a, b in zip(after, before, strict=True))
    off = max(abs(a - f) for a, f in zip(after, found, strict=True))
    if moved > _MOVED and off > moved / 2:
        raise TrainingError(
            f"{what} does not do what the trained model does: its log-likelihoods are off by {off:.3f} nats a token, "
            f"training moved them by {moved:.3f}"
        )


def merged_agreement(target: Target, rows: Sequence[EncodedRow], dtype: checkpoints.Dtype, device: str) -> Agreement:
    """Compare the greedy answers of an adapter with those of its merge into the base model's weights.

    On a CPU both are computed in float32, so that only the rounding of the merged weights tells them apart; in bfloat16
    the order of additions alone turns about one answer in four (docs/log.md). On a GPU, for its memory, in `dtype`.

    Raises:
        TrainingError: the merge does not have the adapter in it.
    """
    from peft import PeftModel  # heavy

    computed: checkpoints.Dtype = "float32" if checkpoints.pick_device(device) == "cpu" else dtype
    chosen = sample(rows)
    adapter = PeftModel.from_pretrained(checkpoints.load_base(target.base, computed, device), target.adapter).eval()
    with adapter.disable_adapter():
        before = log_likelihoods(adapter, chosen)
    after = log_likelihoods(adapter, chosen)
    answers = greedy(adapter, chosen)
    del adapter  # one model at a time in memory
    merged = checkpoints.load(target, dtype, device)
    merged = merged.float() if computed == "float32" else merged
    check_applied(before, after, log_likelihoods(merged, chosen), f"{target.adapter}: the merged model")
    same = sum(would_write(merged, row, answer) for row, answer in zip(chosen, answers, strict=True))
    return Agreement(same, len(chosen))


def log_likelihoods(model: Any, rows: Sequence[EncodedRow]) -> list[float]:
    """Return the mean log-likelihood of each row's trained tokens, in nats a token."""
    import torch  # heavy

    found = []
    with torch.inference_mode():
        for row in rows:
            ids, labels = (torch.tensor([row[name]], device=model.device) for name in ("input_ids", "labels"))
            logits = model(input_ids=ids, use_cache=False).logits[0, :-1].float()
            found.append(-float(torch.nn.functional.cross_entropy(logits, labels[0, 1:], ignore_index=IGNORED)))
    return found


def greedy(model: Any, rows: Sequence[EncodedRow]) -> list[list[int]]:
    """Return the tokens that the model writes after each row's prompt, the end token included.

    It may write as many as the longest row trains on.
    """
    import torch  # heavy

    prompts = [_prompt(row) for row in rows]
    end = rows[0]["input_ids"][-1]
    longest = max(map(len, prompts))
    ids = torch.tensor([[end] * (longest - len(prompt)) + prompt for prompt in prompts], device=model.device)
    mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=model.device)
    limit = max(len(row["labels"]) - len(prompt) for row, prompt in zip(rows, prompts, strict=True))
    with torch.inference_mode():
        written = model.generate(
            input_ids=ids,
            attention_mask=mask,
            max_new_tokens=limit,
            do_sample=False,
            eos_token_id=end,
            pad_token_id=end,
        )
    return [_until(answer, end) for answer in written[:, longest:].tolist()]


def would_write(model: Any, row: EncodedRow, answer: list[int]) -> bool:
    """Tell whether a model would greedily write `answer`: whether each of its tokens is the likeliest at its place."""
    import torch  # heavy

    prompt = _prompt(row)
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([prompt + answer], device=model.device), use_cache=False).logits
    likeliest: list[int] = logits[0, len(prompt) - 1 : -1].argmax(-1).tolist()
    return likeliest == answer


def _prompt(row: EncodedRow) -> list[int]:
    return [token for token, label in zip(row["input_ids"], row["labels"], strict=True) if label == IGNORED]


def _until(answer: list[int], end: int) -> list[int]:
    return answer[: answer.index(end) + 1] if end in answer else answer
