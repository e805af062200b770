"""How long each stage took, in a journal outside DVC's outputs: times differ from run to run, results must not.

    {"key": "/home/me/project train@iter1", "value": {"finished": "2026-11-25T11:08:03+00:00", "seconds": 301.2}}

A stage that was killed and run again counts with the seconds of the run that finished.
"""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stages.pipeline import runtime
from stages.pipeline.journal import Journal

_NAME = "times.jsonl"


def record(stage: str, seconds: float) -> None:
    """Add a finished run of a stage in this folder."""
    finished = datetime.now(UTC).isoformat(timespec="seconds")
    with Journal(runtime.scratch(_NAME)) as journal:
        journal.add({_key(Path.cwd(), stage): {"finished": finished, "seconds": round(seconds, 1)}})


def latest(stages: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the last finished run of each stage that was run in this folder or else in the repository's.

    An experiment runs in a copy of the workspace and takes most of its stages from the repository that it came from.
    """
    folders = [Path.cwd(), Path(os.environ.get("DVC_ROOT", ".")).absolute()]
    found = {}
    with Journal(runtime.scratch(_NAME)) as journal:
        for stage in stages:
            key = next((key for folder in folders if (key := _key(folder, stage)) in journal), None)
            if key is not None:
                found[stage] = journal[key]
    return found


def _key(folder: Path, stage: str) -> str:
    return f"{folder} {stage}"
