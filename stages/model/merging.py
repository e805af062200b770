"""Copies of a model with its adapter merged into the weights, for engines that are slow with an adapter beside them.

They lie under `.sei/merged`, named by what is in base, adapter and dtype, so that a model is merged once. Those that
were used last are kept.
"""

import os
import shutil
from pathlib import Path

from stages.core import locks
from stages.core.files import content_id, new_folder, write_json
from stages.core.runtime import scratch
from stages.model import checkpoints
from stages.model.checkpoints import CARD, Dtype, Target

_KEPT = 4


def merged(target: Target, dtype: Dtype) -> Target:
    """Return a target without an adapter that computes what `checkpoints.load` makes of this one in that dtype.

    Stages that ask for one at the same time wait for each other: the first one makes it.
    """
    name = content_id(target.fingerprint(), str(checkpoints.pick_dtype(dtype)))
    copy = scratch("merged", name)
    with locks.exclusive(scratch("merged", "lock"), "the folder of merged models"):
        if not copy.exists():
            with new_folder(copy) as folder:
                _write(target, dtype, folder)
        os.utime(copy)
        _drop_oldest(copy.parent)
    return Target(copy, None)


def _write(target: Target, dtype: Dtype, folder: Path) -> None:
    checkpoints.load(target, dtype, "cpu").save_pretrained(folder)
    checkpoints.load_tokenizer(target.base).save_pretrained(folder)
    write_json(folder / CARD, {"kind": "weights"})


def _drop_oldest(folder: Path) -> None:
    copies = sorted(folder.glob(f"*/{CARD}"), key=lambda card: card.parent.stat().st_mtime)
    for card in copies[:-_KEPT]:
        shutil.rmtree(card.parent)
