"""One training, as it is handed to its process or processes."""

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from stages.core.files import read_record
from stages.core.metrics import PreferenceCounts
from stages.core.runtime import scratch
from stages.model.checkpoints import Dtype, Target
from stages.training.encoding import EncodedRow
from stages.training.settings import TrainSettings


@dataclass(frozen=True)
class Job:
    """The rows of a training, and its settings.

    Attributes:
        rows: token ids and labels.
        start: the model to train: the base model, or what an iteration made of it.
        settings: how to train; `batch_size` counts the rows of all processes together.
        dtype: of the base weights, as in `checkpoints.pick_dtype`.
        device: as in `checkpoints.pick_device`.
        threads: CPU threads of each process; 0 leaves torch's choice.
        seed: for the adapter's first weights and for the order of the rows.
        fingerprint: names the checkpoints; a run with an equal one resumes from the last of them.
        curves: folder for DVCLive's metrics.
        out: folder for the adapter or the model.
        micro_batch: rows of a process that go through the model at once; None for all of its batch.
        validation: rows that are held out; empty where none are.
        report_to: trackers that show the curves beside DVCLive.
        run_name: names the training to them.
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
    micro_batch: int | None = None
    validation: list[EncodedRow] = field(default_factory=list)
    report_to: list[str] = field(default_factory=list)
    run_name: str = ""

    @property
    def checkpoints(self) -> Path:
        """Checkpoint folder to resume from."""
        return scratch("checkpoints", self.fingerprint)


@dataclass(frozen=True)
class Fitted:
    """Measurements of a training.

    Attributes:
        loss: the mean over all logged steps, those before a resume included.
        steps: of this run, without those before a resume.
        seconds: of this run.
        validation: losses on the rows held out, at the start and after each epoch.
        kept_epoch: the epoch after which the model is kept; None without rows held out.
        rewards: margin and accuracy of preferences at each point of the training curve; empty where pairs are not
            what is trained on.
        preferences: the pass over pairs; None for other methods than `dpo`.
    """

    loss: float
    steps: int
    seconds: float
    validation: list[float]
    kept_epoch: float | None
    rewards: list[tuple[float, float]]
    preferences: PreferenceCounts | None = None


def write(path: Path, job: Job) -> None:
    """Write a job for another process to read."""
    path.write_bytes(TypeAdapter(Job).dump_json(job))


def read(path: Path) -> Job:
    """Read a job that `write` wrote."""
    return read_record(path, Job)
