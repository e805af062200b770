"""Tokens a second and memory of LoRA training on the CPU, by the trainer of `train`: plainly, and as it does here.

    python -m benchmarks.training_step [--model models/base ../qwen05] [--shape 4x330 8x768] [--micro-batch 2]

A shape is the rows in a batch and the tokens in a row: GSM8K's questions with as many solutions joined as make about so
many tokens, cut at 768. `plain` is PEFT's layers, eager attention over padded rows and all logits at once, and is
measured for the first shape. Tokens are those of the rows, without padding; the first step is not counted. Each line is
a process of its own, and its memory the largest that this had.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import inputs, results
from stages.core.files import write_json
from stages.core.params import parse, read_yaml
from stages.core.records import TrainingRow
from stages.core.runtime import set_threads
from stages.model import chat, checkpoints
from stages.model.chat import ChatParams
from stages.training import encoding, fitting, fused_lora, padding_free
from stages.training.backends import trl
from stages.training.job import Job
from stages.training.settings import TrainSettings

LONGEST, PROMPT, SOLUTION = 768, 60, 122  # tokens, the last two on average


def main() -> None:
    """Measure each model and shape in turn."""
    parser = inputs.data_parser(__doc__)
    parser.add_argument("--model", type=Path, nargs="+", default=[Path("models/base")])
    parser.add_argument("--shape", nargs="+", default=["4x330"])
    parser.add_argument("--rows", type=int, default=383)
    parser.add_argument("--micro-batch", type=int)
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    ways = [(arguments.shape[0], "plain"), *((shape, "here") for shape in arguments.shape)]
    settings = [(model, shape, way) for model in arguments.model for shape, way in ways]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, max_tasks_per_child=1, mp_context=context) as pool:
        results.write("training_step", list(pool.map(measured, [arguments] * len(settings), settings)))


def measured(arguments: argparse.Namespace, setting: tuple[Path, str, str]) -> dict[str, Any]:
    """Return the figures of one setting; memory is in GB."""
    model, shape, way = setting
    batch, tokens = map(int, shape.split("x"))
    set_threads(arguments.threads)
    if way == "plain":
        setattr(padding_free, "fits", lambda _: False)  # noqa: B010  # mypy refuses to assign to functions
        setattr(fused_lora, "fuse", lambda _: None)  # noqa: B010
    with tempfile.TemporaryDirectory() as temporary:
        job = make_job(arguments, Path(temporary), model, batch, tokens)
        trainer = fitting.make_trainer(job, trl.load)
        trainer.args.save_strategy, trainer.args.max_steps = "no", arguments.steps
        steps = recorded(trainer)
        trainer.train()
    seconds, trained = map(sum, zip(*steps[1:], strict=True))
    return {
        "model": model.resolve().name,
        "dtype": str(trainer.model.dtype).removeprefix("torch."),
        "batch": batch,
        "micro_batch": arguments.micro_batch,
        "tokens_a_row": round(sum(len(row["input_ids"]) for row in job.rows) / len(job.rows)),
        "way": way,
        "tokens_per_second": round(trained / seconds),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 10**9, 1),
    }


def recorded(trainer: Any) -> list[tuple[float, int]]:
    """Let a trainer add the seconds and the tokens of each of its steps to a list, and return that."""
    steps: list[tuple[float, int]] = []
    step: Callable[..., Any] = trainer.training_step

    def timed(model: Any, batch: Any, count: Any) -> Any:
        started = time.perf_counter()
        loss = step(model, batch, count)
        steps.append((time.perf_counter() - started, int(batch["attention_mask"].sum())))
        return loss

    trainer.training_step = timed
    return steps


def make_job(arguments: argparse.Namespace, folder: Path, model: Path, batch: int, tokens: int) -> Job:
    """Return a training with the settings of params.yaml on rows of about `tokens` tokens."""
    params = read_yaml(Path("params.yaml"))
    base = model if (model / checkpoints.CARD).exists() else pointer(folder / "base", model)
    encoded = encoding.encode(
        joined(inputs.gsm8k(arguments.data, "train"), arguments.rows, max(1, round((tokens - PROMPT) / SOLUTION))),
        chat.load(parse(ChatParams, params["chat"]), base),
        10**6,
    )
    rows = [{name: values[:LONGEST] for name, values in row.items()} for row in encoded.rows]
    settings = parse(TrainSettings, params["train"] | {"batch_size": batch})
    job = inputs.training_job(folder, base, rows, settings, arguments.dtype, arguments.threads)
    return replace(job, micro_batch=arguments.micro_batch)


def pointer(base: Path, model: Path) -> Path:
    """Return a folder that stands for a checkpoint elsewhere, of which nothing is pinned."""
    base.mkdir()
    write_json(base / checkpoints.CARD, {"kind": "local", "path": str(model.resolve()), "files": {}})
    return base


def joined(problems: Sequence[inputs.Problem], rows: int, solutions: int) -> list[TrainingRow]:
    """Return rows with one question and several solutions each."""
    made = []
    for start in range(0, rows * solutions, solutions):
        several = [problems[i % len(problems)] for i in range(start, start + solutions)]
        text = "\n".join(solution for _, solution, _ in several)
        made.append(
            TrainingRow(
                id=str(start),
                question=several[0][0],
                solution=text,
                answer=several[-1][2],
                candidate_id=str(start),
                solution_id=None,
                error_type_id="e",
                good_case_id=None,
                iteration="iter1",
                set="gsm8k",
                author="worked",
                certificate="gold",
                rejected=None,
                rejected_id=None,
            )
        )
    return made


if __name__ == "__main__":
    main()
