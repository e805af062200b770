"""Tokens a second of the trainer of `train`, against a bare PyTorch loop on the very same batches.

    python -m benchmarks.training [--base models/base] [--training-set data/iter1/training_set.jsonl]

Both train a fresh adapter with the settings of params.yaml. The batches are those that the trainer drew. The trainer
comes first, then the loop, then both once more in the other order, so that a machine that slows down slows down both.
Tokens are those of the rows, without padding. CPU seconds stand beside the clock's, because other work may share the
cores.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks import inputs, results
from benchmarks.clock import Clock
from stages.core.files import read_records
from stages.core.params import parse, read_yaml
from stages.core.records import TrainingRow
from stages.model import chat
from stages.model.chat import ChatParams
from stages.training import curves, encoding, fitting, padding_free
from stages.training.backends import trl
from stages.training.job import Job
from stages.training.settings import TrainSettings


def main() -> None:
    """Measure trainer and loop twice."""
    parser = inputs.parser(__doc__)
    parser.add_argument("--base", type=Path, default=Path("models/base"))
    parser.add_argument("--training-set", type=Path, default=Path("data/iter1/training_set.jsonl"))
    parser.add_argument("--rows", type=int, default=96)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    clocks = {"trainer": Clock(), "bare": Clock()}
    with tempfile.TemporaryDirectory() as temporary:
        job = make_job(arguments, Path(temporary))
        batches = list(trainer_of(job).get_train_dataloader())
        for name in ("trainer", "bare", "bare", "trainer"):
            clocks[name].run(trainer_of(job).train if name == "trainer" else bare_loop(job, batches))
    results.write("training", [measured(name, clock, job, batches) for name, clock in clocks.items()])


def make_job(arguments: argparse.Namespace, folder: Path) -> Job:
    """Return the job that `train` would run, over the first rows and for one epoch."""
    params = read_yaml(Path("params.yaml"))
    settings = parse(TrainSettings, params["train"] | {"epochs": 1})
    rows = read_records(arguments.training_set, TrainingRow)[: arguments.rows]
    form = chat.load(parse(ChatParams, params["chat"]), arguments.base)
    encoded = encoding.encode(rows, form, settings.max_length)
    return inputs.training_job(folder, arguments.base, encoded.rows, settings, params["dtype"], arguments.threads)


def trainer_of(job: Job) -> Any:
    """Return the stage's trainer, without checkpoints."""
    trainer = fitting.make_trainer(job, trl.load)
    trainer.args.save_strategy = "no"
    trainer.add_callback(curves.callback(job.curves))
    return trainer


def bare_loop(job: Job, batches: Sequence[Any]) -> Callable[[], None]:
    """Return a loop over the batches with nothing but forward, loss, backward and AdamW."""
    model = trl.load(job).train()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=job.settings.learning_rate)

    def loop() -> None:
        for batch in batches:
            summed = padding_free.summed_loss(model, model.get_base_model(), batch)
            (summed / (batch["labels"][:, 1:] != encoding.IGNORED).sum()).backward()
            optimizer.step()
            optimizer.zero_grad()

    return loop


def measured(name: str, clock: Clock, job: Job, batches: Sequence[Any]) -> dict[str, Any]:
    """Return the tokens a second of both turns."""
    tokens = sum(len(row["input_ids"]) for row in job.rows)
    return {
        "loop": name,
        "rows": len(job.rows),
        "batches": len(batches),
        "tokens": tokens,
        "with_padding": sum(batch["input_ids"].numel() for batch in batches),
        "threads": job.threads,
        "tokens_per_second": round(2 * tokens / clock.seconds),
        "tokens_per_cpu_second": round(2 * tokens / clock.cpu_seconds),
    }


if __name__ == "__main__":
    main()
