"""Fine-tune the target on the accumulated training set."""

import argparse
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from stages.core import files, locks, params, runtime, stage
from stages.core.exceptions import ParamsError
from stages.core.records import TrainingRow
from stages.model import checkpoints, devices
from stages.model.chat import ChatFormat, ChatParams
from stages.training import accelerate_config, backends, cards, checks, encoding, launch, settings, verification
from stages.training.job import Job


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    seed: int
    chat: ChatParams
    dtype: checkpoints.Dtype
    train: settings.TrainSettings


def keep_parent(arguments: argparse.Namespace) -> dict[str, object]:
    """Pass the parent's adapter on: without a new row there is nothing to train on."""
    if (arguments.parent / "adapter_config.json").exists():
        shutil.copytree(arguments.parent, arguments.out, dirs_exist_ok=True)
    else:
        files.write_json(arguments.out / checkpoints.CARD, {"kind": "base"})
    arguments.curves.mkdir(parents=True, exist_ok=True)
    files.write_json(arguments.curves / "metrics.json", {"rows": 0})
    files.write_json(arguments.metrics, {"rows": 0})
    return {"rows": 0, "note": "no new training rows: the model stays that of the parent"}


def sharing(speed: runtime.Runtime, train: settings.TrainSettings) -> accelerate_config.AccelerateConfig | None:
    """Return how processes share the model, checked.

    Raises:
        ParamsError: what is asked for does not go together.
    """
    launch.check_processes(speed.processes, train.batch_size)
    if speed.accelerate_config is None:
        return None
    if train.backend == "unsloth":
        raise ParamsError("params.yaml: train.backend unsloth takes no runtime.accelerate_config; set it to null")
    return accelerate_config.read(Path(speed.accelerate_config), speed.processes)


def prepare(
    arguments: argparse.Namespace, declared: Params, rows: list[TrainingRow], speed: runtime.Runtime
) -> tuple[Job, int]:
    """Return what is to be trained, checked, and how many rows are too long for it."""
    parent = checkpoints.Target.of(arguments.parent, arguments.base)
    start = parent if declared.train.start == "parent" else checkpoints.Target(arguments.base, None)
    tokenizer = checkpoints.load_tokenizer(arguments.base)
    chat = ChatFormat(declared.chat)
    encoded = encoding.encode(rows, chat, tokenizer, declared.train.max_length)
    checks.check_rows(encoded, chat, tokenizer)
    job = Job(
        rows=encoded.rows,
        start=start,
        settings=declared.train,
        dtype=declared.dtype,
        device=speed.device,
        threads=speed.threads,
        seed=declared.seed,
        fingerprint=files.content_id(start.fingerprint(), json.dumps([asdict(declared), encoded.rows], sort_keys=True)),
        curves=arguments.curves,
        out=arguments.out,
    )
    return job, encoded.too_long


def fine_tune(arguments: argparse.Namespace, declared: Params, rows: list[TrainingRow]) -> dict[str, object]:
    """Train on all rows, write the adapter with its card and metrics, and return counts."""
    backends.prepare(declared.train.backend)
    speed = runtime.load()
    config = sharing(speed, declared.train)
    job, too_long = prepare(arguments, declared, rows, speed)
    # Experiments of one repository share their checkpoints; two with the same inputs must not train at once.
    with locks.exclusive(runtime.scratch("checkpoints", f"{job.fingerprint}.lock"), "the same training") as lock:
        held = [lock, *devices.reserve(job.device)]
        fitted = launch.train(job, speed.processes, config, held)
        agreement = verification.merged_agreement(
            checkpoints.Target(arguments.base, arguments.out), job.rows, declared.dtype, job.device
        )
        metrics = {
            "rows": len(job.rows),
            "too_long": too_long,
            "loss": round(fitted.loss, 4),
            "merged_same": agreement.same,
            "merged_prompts": agreement.prompts,
        }
        files.write_json(arguments.metrics, metrics)
        with files.replacing(arguments.out / "README.md") as file:
            file.write(cards.adapter(arguments.iteration, arguments.base, declared.train, metrics))
        shutil.rmtree(job.checkpoints)
    tokens_a_step = declared.train.batch_size * sum(len(r["input_ids"]) for r in job.rows) / len(job.rows)
    return {**metrics, "tokens/s": round(tokens_a_step * fitted.steps / fitted.seconds)}


def main(arguments: argparse.Namespace) -> dict[str, object]:
    """Write the adapter, its metrics and the training curves."""
    declared = params.declared(Params)
    settings.check(declared.train)
    rows = files.read_records(arguments.training_set, TrainingRow)
    if any(row.iteration == arguments.iteration for row in rows):
        return fine_tune(arguments, declared, rows)
    return keep_parent(arguments)


if __name__ == "__main__":
    stage.run(
        main,
        __doc__,
        inputs=["training_set", "base", "parent"],
        outputs=["out", "curves", "metrics"],
        names=["iteration"],
    )
