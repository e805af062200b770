"""Tokens a second of the trainer of `train`, against a bare PyTorch loop on the very same batches.

    python -m benchmarks.training --training-set data/iter1/training_set.jsonl

Both train a fresh adapter with the settings of params.yaml. The batches are those that the trainer drew. The trainer
comes first, then the loop, then both once more in the other order, so that a machine that slows down slows down both.
Tokens are those of the rows, without padding. CPU seconds are printed beside the clock's, because other work may share
the cores.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from stages.core.files import read_records
from stages.core.params import parse, read_yaml
from stages.core.records import TrainingRow
from stages.model import checkpoints
from stages.model.chat import ChatFormat, ChatParams
from stages.model.checkpoints import Target
from stages.training import curves, encoding, sft
from stages.training.backends import trl
from stages.training.job import Job
from stages.training.settings import TrainSettings


def make_job(arguments: argparse.Namespace, folder: Path) -> Job:
    """Return the job that `train` would run, over the first rows and for one epoch."""
    params = read_yaml(Path("params.yaml"))
    settings = parse(TrainSettings, params["train"] | {"epochs": 1})
    rows = read_records(arguments.training_set, TrainingRow)[: arguments.rows]
    tokenizer = checkpoints.load_tokenizer(arguments.base)
    chat = ChatFormat(parse(ChatParams, params["chat"]))
    encoded = encoding.encode(rows, chat, tokenizer, settings.max_length).rows
    start = Target(arguments.base, None)
    out = folder / "adapter"
    return Job(encoded, start, settings, params["dtype"], "cpu", arguments.threads, 0, "benchmark", folder / "c", out)


def trainer_of(job: Job) -> Any:
    """Return the stage's trainer, without checkpoints."""
    trainer = sft.make_trainer(job)
    trainer.args.save_strategy = "no"
    trainer.add_callback(curves.callback(job.curves))
    return trainer


def bare_loop(job: Job, batches: Sequence[Any]) -> Callable[[], None]:
    """Return a loop over the batches with nothing but forward, loss, backward and AdamW."""
    model = trl.load(job).train()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=job.settings.learning_rate)

    def loop() -> None:
        for batch in batches:
            labels = batch["labels"][:, 1:]
            answered = (labels != encoding.IGNORED).any(dim=0).nonzero().flatten()
            logits = model(
                input_ids=batch["input_ids"],
                attention_mask=batch["attention_mask"],
                use_cache=False,
                logits_to_keep=answered,
            ).logits
            wanted = labels[:, answered]
            trained = wanted != encoding.IGNORED
            torch.nn.functional.cross_entropy(logits[trained].float(), wanted[trained]).backward()
            optimizer.step()
            optimizer.zero_grad()

    return loop


def timed(name: str, work: Callable[[], object], tokens: int) -> None:
    """Run and print tokens a second, by the clock and by CPU time."""
    clock, cpu = time.perf_counter(), time.process_time()
    work()
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    print(
        f"{name:8} {tokens / clock:6.0f} tokens/s   {tokens / cpu:6.0f} tokens/CPU s   ({clock:.1f} s, {cpu:.1f} CPU s)"
    )


def main() -> None:
    """Measure trainer and loop twice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, default=Path("models/base"))
    parser.add_argument("--training-set", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=96)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        job = make_job(arguments, folder)
        batches = list(trainer_of(job).get_train_dataloader())
        tokens = sum(len(row["input_ids"]) for row in job.rows)
        padded = sum(batch["input_ids"].numel() for batch in batches)
        print(f"{len(job.rows)} rows, {len(batches)} batches, {tokens} tokens, {padded} with padding")
        for order in (("trainer", "bare"), ("bare", "trainer")):
            for name in order:
                work = trainer_of(job).train if name == "trainer" else bare_loop(job, batches)
                timed(name, work, tokens)


if __name__ == "__main__":
    main()
