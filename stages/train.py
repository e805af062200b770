"""Fine-tune the target on the accumulated training set."""

import json
import shutil
from dataclasses import asdict, dataclass

from stages.core import files, locks, stage
from stages.core.metrics import TrainingCounts
from stages.core.params import Seed
from stages.core.records import TrainingRow
from stages.core.runtime import Runtime, scratch
from stages.core.runtime import load as load_runtime
from stages.model import chat, checkpoints, devices
from stages.model.chat import ChatParams
from stages.training import cards, checks, curves, encoding, launch, method, validation, verification
from stages.training.backend import BACKENDS
from stages.training.job import Job
from stages.training.settings import TrainSettings


@dataclass(frozen=True)
class Paths:
    """Options that dvc.yaml passes; `iteration` is the name of this one."""

    iteration: str
    training_set: stage.Input
    base: stage.Input
    parent: stage.Input
    out: stage.Output
    curves: stage.Output
    metrics: stage.Output


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    seed: Seed
    chat: ChatParams
    dtype: checkpoints.Dtype
    train: TrainSettings


def keep_parent(paths: Paths) -> dict[str, object]:
    """Keep the parent's adapter or model: there is no new row to train on."""
    if checkpoints.Target.of(paths.parent, paths.base).trained:
        shutil.copytree(paths.parent, paths.out, dirs_exist_ok=True)
    else:
        files.write_json(paths.out / checkpoints.CARD, {"kind": "base"})
    files.write_json(paths.curves / "metrics.json", {"rows": 0})
    files.write_json(paths.metrics, TrainingCounts(0, 0, 0, *[None] * 5))
    return {"rows": 0, "note": "no new training rows: the model stays that of the parent"}


def prepare(paths: Paths, params: Params, rows: list[TrainingRow], runtime: Runtime) -> tuple[Job, int]:
    """Return the checked job, and the number of rows that are too long for it."""
    parent = checkpoints.Target.of(paths.parent, paths.base)
    start = method.start_of(params.train, checkpoints.Target(paths.base, None), parent)
    form = chat.load(params.chat, paths.base)
    encoded = encoding.encode(rows, form, params.train.max_length)
    checks.check_rows(encoded, form)
    trained_rows, held_out = validation.hold_out(encoded, params.train.validation, params.seed)
    job = Job(
        rows=trained_rows,
        start=start,
        settings=params.train,
        dtype=params.dtype,
        device=runtime.device,
        threads=runtime.threads,
        seed=params.seed,
        fingerprint=files.content_id(start.fingerprint(), json.dumps([asdict(params), encoded.rows], sort_keys=True)),
        curves=paths.curves,
        out=paths.out,
        micro_batch=runtime.micro_batch,
        validation=held_out,
        report_to=list(runtime.report_to),
        run_name=curves.run_name(paths.iteration),
    )
    return job, encoded.too_long


def fine_tune(paths: Paths, params: Params, rows: list[TrainingRow]) -> dict[str, object]:
    """Train on all rows, write the adapter or model with its card and metrics, and return counts."""
    BACKENDS[params.train.backend].prepare()
    runtime = load_runtime()
    config = launch.sharing(runtime, params.train)
    job, too_long = prepare(paths, params, rows, runtime)
    # Experiments of one repository share their checkpoints; two with the same inputs must not train at once.
    with locks.exclusive(scratch("checkpoints", f"{job.fingerprint}.lock"), "the same training") as lock:
        fitted = launch.train(job, runtime.processes, config, [lock, *devices.reserve(job.device)])
        trained = checkpoints.Target.of(paths.out, paths.base)
        agreement = verification.merged_agreement(trained, job)
        counts = TrainingCounts(
            rows=len(job.rows),
            too_long=too_long,
            tokens=sum(label != encoding.IGNORED for row in job.rows for label in row["labels"]),
            loss=round(fitted.loss, 4),
            merged_same=agreement.same,
            merged_prompts=agreement.prompts,
            validation=validation.counts(job, fitted),
            preferences=fitted.preferences,
        )
        files.write_json(paths.metrics, counts)
        with files.replacing(paths.out / "README.md") as file:
            file.write(cards.trained(paths.iteration, paths.base, params.train, counts))
        shutil.rmtree(job.checkpoints)
    tokens_a_step = params.train.batch_size * sum(len(row["input_ids"]) for row in job.rows) / len(job.rows)
    return {**cards.told(counts), "tokens/s": round(tokens_a_step * fitted.steps / fitted.seconds)}


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write the adapter or model, its metrics and the training curves."""
    rows = files.read_records(paths.training_set, TrainingRow)
    if any(row.iteration == paths.iteration for row in rows):
        return fine_tune(paths, params, rows)
    return keep_parent(paths)


if __name__ == "__main__":
    stage.run(main, __doc__)
