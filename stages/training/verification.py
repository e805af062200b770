"""Checks after training: the saved adapter, loaded by plain PEFT, computes what the trained model computes, and so does
its merge into the base model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stages.core.exceptions import TrainingError
from stages.model import checkpoints
from stages.model.checkpoints import Target
from stages.training import quantization
from stages.training.encoding import IGNORED, EncodedRow
from stages.training.job import Job

PROMPTS = 8
LONGEST_ANSWER = 128  # tokens; a longer one takes minutes on a CPU, and says no more
_MOVED = 0.05  # nats a token; less than that, rounding in bfloat16 hides what the adapter does


@dataclass(frozen=True)
class Agreement:
    """The number of prompts after which the merged model writes the tokens that the adapter writes, and of all.

    Both are None for a whole model, which has nothing to merge.
    """

    same: int | None
    prompts: int | None


def sample(rows: Sequence[EncodedRow]) -> list[EncodedRow]:
    """Return up to eight rows, evenly spread."""
    step = max(1, len(rows) // PROMPTS)
    return list(rows[::step][:PROMPTS])


def check_saved(trained: Any, job: Job) -> None:
    """Check that the adapter in the job's folder computes what the trained model computes.

    Raises:
        TrainingError: it does not; the adapter is not applied, or not whole.
    """
    rows = sample(job.rows)
    before, after = _before_and_after(trained.eval(), rows)
    saved = _as_trained(Target(job.start.base, job.out), job)
    check_applied(before, after, log_likelihoods(saved, rows), f"{job.out}: the saved adapter")


def _as_trained(target: Target, job: Job) -> Any:
    """Load an adapter on the base model that the job trained it on: quantised where that was."""
    base = checkpoints.load_base(target.base, job.dtype, job.device, quantization=quantization.config(job))
    return _adapted(base, target)


def _adapted(base: Any, target: Target) -> Any:
    from peft import PeftModel  # heavy

    return PeftModel.from_pretrained(base, target.adapter).eval()


def _before_and_after(model: Any, rows: Sequence[EncodedRow]) -> tuple[list[float], list[float]]:
    with model.disable_adapter():
        before = log_likelihoods(model, rows)
    return before, log_likelihoods(model, rows)


def check_applied(before: Sequence[float], after: Sequence[float], measured: Sequence[float], name: str) -> None:
    """Check that measured likelihoods are those after training; nothing is known where training moved none.

    Raises:
        TrainingError: they are off by more than half of what training moved them.
    """
    moved = max(abs(a - b) for a, b in zip(after, before, strict=True))
    off = max(abs(a - m) for a, m in zip(after, measured, strict=True))
    if moved > _MOVED and off > moved / 2:
        raise TrainingError(
            f"{name} does not do what the trained model does: its log-likelihoods are off by {off:.3f} nats a token, "
            f"training moved them by {moved:.3f}"
        )


def merged_agreement(target: Target, job: Job) -> Agreement:
    """Compare the greedy answers of the adapter that a job trained with those of its merge into the base weights.

    On a CPU both are computed in float32, so that only the rounding of the merged weights can differ: in bfloat16 the
    order of additions alone changes about one answer in four (docs/log.md). On a GPU, for its memory, in the job's
    type. An adapter that was trained on a quantised base model answers on that, and is merged into plain weights.

    Raises:
        TrainingError: the merged weights lack the adapter.
    """
    if target.adapter is None:
        return Agreement(None, None)
    computed: checkpoints.Dtype = "float32" if checkpoints.pick_device(job.device) == "cpu" else job.dtype
    chosen = sample(job.rows)
    adapter = _adapted(checkpoints.load_base(target.base, computed, job.device), target)
    before, after = _before_and_after(adapter, chosen)
    if job.settings.quantized:
        del adapter  # one model at a time in memory
        adapter = _as_trained(target, job)
    answers = greedy(adapter, chosen)
    del adapter
    merged = checkpoints.load(target, job.dtype, job.device)
    merged = merged.float() if computed == "float32" else merged
    check_applied(before, after, log_likelihoods(merged, chosen), f"{target.adapter}: the merged model")
    same = sum(would_write(merged, row, answer) for row, answer in zip(chosen, answers, strict=True))
    return Agreement(same, len(chosen))


def log_likelihoods(model: Any, rows: Sequence[EncodedRow]) -> list[float]:
    """Return the mean log-likelihood of each row's trained tokens, in nats a token."""
    import torch  # heavy

    likelihoods = []
    with torch.inference_mode():
        for row in rows:
            ids, labels = (torch.tensor([row[name]], device=model.device) for name in ("input_ids", "labels"))
            logits = model(input_ids=ids, use_cache=False).logits[0, :-1].float()
            likelihoods.append(-float(torch.nn.functional.cross_entropy(logits, labels[0, 1:], ignore_index=IGNORED)))
    return likelihoods


def greedy(model: Any, rows: Sequence[EncodedRow]) -> list[list[int]]:
    """Return the tokens that the model writes after each row's prompt, the end token included.

    It may write as many as the longest row trains on, up to `LONGEST_ANSWER`.
    """
    import torch  # heavy

    prompts = [_prompt(row) for row in rows]
    end = rows[0]["input_ids"][-1]
    longest = max(map(len, prompts))
    ids = torch.tensor([[end] * (longest - len(prompt)) + prompt for prompt in prompts], device=model.device)
    mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=model.device)
    trained_on = max(len(row["labels"]) - len(prompt) for row, prompt in zip(rows, prompts, strict=True))
    with torch.inference_mode():
        written = model.generate(
            input_ids=ids,
            attention_mask=mask,
            max_new_tokens=min(trained_on, LONGEST_ANSWER),
            do_sample=False,
            eos_token_id=end,
            pad_token_id=end,
        )
    return [_until(answer, end) for answer in written[:, longest:].tolist()]


def would_write(model: Any, row: EncodedRow, answer: list[int]) -> bool:
    """Tell whether a model would greedily write `answer`: each of its tokens is the likeliest one in its position."""
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
