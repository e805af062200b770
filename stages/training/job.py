"""One training, as it is handed to the process, or the processes, that do it."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from stages.core import params
from stages.core.files import read_json, write_json
from stages.core.runtime import scratch
from stages.model.checkpoints import Dtype, Target
from stages.training.encoding import EncodedRow
from stages.training.settings import TrainSettings


@dataclass(frozen=True)
class Job:
    """What to train on and how.

    Attributes:
        rows: token ids and labels.
        start: the base model, and the adapter to go on from if there is one.
        settings: how to train; `batch_size` counts the rows of all processes together.
        dtype: of the base weights, as in `checkpoints.pick_dtype`.
        device: as in `checkpoints.pick_device`.
        threads: CPU threads of each process; 0 leaves torch's choice.
        seed: for the adapter's first weights and for the order of the rows.
        fingerprint: names the checkpoints; a run with the same one goes on from the last of them.
        curves: folder for DVCLive's metrics.
        out: folder for the adapter.
    """

    rows: list[EncodedRow]
    start: Target
    settings: TrainSettings
    dtype: Dtype
    device: str
    threads: int
    seed: int
    fingerprint: str
    curves: Path
    out: Path

    @property
    def checkpoints(self) -> Path:
        """Checkpoint folder to resume from."""
        return scratch("checkpoints", self.fingerprint)


@dataclass(frozen=True)
class Fitted:
    """How a training went.

    Attributes:
        loss: the mean over all logged steps, those before a resume included.
        steps: of this run, without what was resumed.
        seconds: of this run.
    """

    loss: float
    steps: int
    seconds: float


def write(path: Path, job: Job) -> None:
    """Write a job for another process to read."""
    write_json(path, json.loads(json.dumps(asdict(job), default=str)))


def read(path: Path) -> Job:
    """Read a job that `write` wrote."""
    values: dict[str, Any] = read_json(path)
    job = Job(**values)
    adapter = values["start"]["adapter"]
    return replace(
        job,
        start=Target(Path(values["start"]["base"]), Path(adapter) if adapter else None),
        settings=params.parse(TrainSettings, values["settings"]),
        curves=Path(values["curves"]),
        out=Path(values["out"]),
    )
