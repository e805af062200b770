"""What several benchmarks read, and how they sum it up."""

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stages.core.files import read_lines
from stages.model.checkpoints import CARD, Dtype, Target
from stages.model.sources import LocalModel, from_disk
from stages.training.encoding import EncodedRow
from stages.training.job import Job
from stages.training.settings import TrainSettings

BOXED = "{question}\n\nPlease reason step by step, and put your final answer within \\boxed{}."
"""`chat.question` that asks for a box."""

Problem = tuple[str, str, str]
"""Question, solution, answer."""


def parser(doc: str) -> argparse.ArgumentParser:
    """Return a parser of the command line that shows a benchmark's text."""
    return argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)


def data_parser(doc: str) -> argparse.ArgumentParser:
    """Return the same with the option `--data`."""
    made = parser(doc)
    made.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with GSM8K's files")
    return made


def rows(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a JSON-lines file."""
    return [row for _, row in read_lines(path)]


def gsm8k(folder: Path, part: str) -> list[Problem]:
    """Return the problems of GSM8K's `train` or `test` part."""
    found = rows(folder / f"gsm8k_{part}.jsonl")
    return [(row["question"], row["answer"], row["answer"].rpartition("####")[2].strip()) for row in found]


@contextmanager
def base_folder(path: Path) -> Iterator[Path]:
    """Give a base folder of the pipeline: the one at `path`, or a pointer to a plain checkpoint there."""
    if (path / CARD).exists():
        yield path
    else:
        with tempfile.TemporaryDirectory() as folder:
            from_disk(LocalModel(str(path)), Path(folder))
            yield Path(folder)


def training_job(
    folder: Path, base: Path, rows: list[EncodedRow], settings: TrainSettings, dtype: Dtype, threads: int
) -> Job:
    """Return a training from the base model on the CPU, which writes into `folder`."""
    return Job(
        rows=rows,
        start=Target(base, None),
        settings=settings,
        dtype=dtype,
        device="cpu",
        threads=threads,
        seed=0,
        fingerprint="benchmark",
        curves=folder / "curves",
        out=folder / "adapter",
    )


def listed(counts: Counter[str]) -> str:
    """Return counts as text, the largest first: `near copy 37, no numbers to change 2`."""
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())
