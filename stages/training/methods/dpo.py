"""The method `dpo`: what `sft` does, and then direct preference optimisation of that adapter on pairs.

A pair is a row with a wrong solution of the target beside its right one (`stages.training.pairs`). The reference is the
adapter as supervised training left it, and so stands on that of the parent where training starts there.
"""

import gc
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

from stages.core.metrics import PreferenceCounts
from stages.model.checkpoints import Target
from stages.training import adapters, fitting, preference, validation
from stages.training.backends import trl
from stages.training.encoding import EncodedRow
from stages.training.job import Fitted, Job
from stages.training.methods import sft
from stages.training.resuming import SAVE_SECONDS

logger = logging.getLogger(__name__)


def run(job: Job) -> Fitted:
    """Train, write the adapter, and check it; as `sft` does.

    Raises:
        TrainingError: the trainer's batches or the written adapter fail a check, or there is too little memory.
    """
    fitting.prepare(job)
    model, fitted, _ = fit(job)
    sft.write(model, job)
    return fitted


def fit(job: Job, save_seconds: float = SAVE_SECONDS) -> tuple[Any, Fitted, bool]:
    """Train an adapter in both passes; return it on its model, the measurements, and that this process writes.

    Loss, steps and seconds are those of the first pass. A killed run resumes in the pass that it was in: the first one
    is loaded from its last checkpoint.
    """
    rows, held_out = _without_rejected(job.rows), _without_rejected(job.validation)
    model, fitted, writes = sft.fit(replace(job, rows=rows, validation=held_out), save_seconds)
    pairs = [row for row in job.rows if "rejected" in row]
    if not pairs:
        logger.warning(
            "warning: no row has a wrong solution of the target beside it: train.method: dpo does what sft does"
        )
        return model, replace(fitted, preferences=PreferenceCounts(0, None, [], [], None)), writes
    start = job.checkpoints / "sft"
    adapters.save(model, start, job.start.base)
    del model  # one model at a time in memory
    gc.collect()
    second = of_pairs(job, pairs, start)
    model, preferred, _ = fitting.fit(second, trl.load, save_seconds, preference)
    model.delete_adapter(preference.REFERENCE)
    return model, replace(fitted, preferences=_counts(second, preferred)), writes


def of_pairs(job: Job, pairs: list[EncodedRow], start: Path) -> Job:
    """Return the job of the second pass, from the adapter in `start`."""
    held_out = [row for row in job.validation if "rejected" in row]
    own = job.settings.dpo
    settings = replace(
        job.settings,
        epochs=own.epochs,
        learning_rate=own.learning_rate,
        keep=job.settings.keep if held_out else "last",
    )
    return replace(
        job,
        rows=pairs,
        validation=held_out,
        start=Target(job.start.base, start),
        settings=settings,
        fingerprint=f"{job.fingerprint}/dpo",
        curves=job.curves / "dpo",
        report_to=[],  # to trackers it would be one run with the first pass, whose steps it counts again
    )


def _without_rejected(rows: list[EncodedRow]) -> list[EncodedRow]:
    return [{name: ids for name, ids in row.items() if name != "rejected"} for row in rows]


def _counts(job: Job, fitted: Fitted) -> PreferenceCounts:
    ends = fitted.rewards[:1] + fitted.rewards[-1:]
    return PreferenceCounts(
        pairs=len(job.rows),
        loss=round(fitted.loss, 4),
        margins=[round(margin, 4) for margin, _ in ends],
        accuracies=[round(accuracy, 4) for _, accuracy in ends],
        validation=validation.counts(job, fitted),
    )
