"""The runtime of each stage, in a journal outside DVC's outputs: times differ from run to run, results must not.

    {"key": "train@iter1 3f0c…", "value": {"finished": "2026-11-25T11:08:03+00:00", "seconds": 301.2}}

A time belongs to the outputs that the run wrote, in whatever folder it ran: it follows an experiment that is applied,
and a result that comes out of the run cache. Several runs that wrote the same count with the longest, because the
others had finished work from `.sei`. A stage that was killed and run again counts with the seconds of the run that
finished.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stages.core import runtime
from stages.core.files import content_id, file_md5
from stages.core.journal import Journal

_NAME = "times.jsonl"


def record(stage: str, seconds: float, outputs: Iterable[Path]) -> None:
    """Add a finished run of a stage; `outputs` are all paths that dvc.yaml lists for it."""
    key = _key(stage, _fingerprint({path.as_posix(): _written(path) for path in outputs}))
    finished = datetime.now(UTC).isoformat(timespec="seconds")
    with Journal(runtime.scratch(_NAME)) as journal:
        if key not in journal or journal[key]["seconds"] < seconds:
            journal.add({key: {"finished": finished, "seconds": round(seconds, 1)}})


def locked_outputs(lock: Mapping[str, Any]) -> dict[str, str]:
    """Return for each stage of dvc.lock the fingerprint of its outputs, which the runs that wrote them share."""
    return {
        stage: _fingerprint({out["path"]: _locked(out) for out in entry.get("outs", [])})
        for stage, entry in lock.get("stages", {}).items()
    }


def find(outputs: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the finished run of each stage whose outputs have the given fingerprint, where one is known."""
    with Journal(runtime.scratch(_NAME)) as journal:
        keys = {stage: _key(stage, fingerprint) for stage, fingerprint in outputs.items()}
        return {stage: journal[key] for stage, key in keys.items() if key in journal}


def _key(stage: str, fingerprint: str) -> str:
    return f"{stage} {fingerprint}"


def _fingerprint(outputs: Mapping[str, str]) -> str:
    return content_id(*(f"{path} {content}" for path, content in sorted(outputs.items())))


def _written(path: Path) -> str:
    """Return a file's MD5, as in dvc.lock, or the numbers of files and bytes of a folder, which may hold gigabytes."""
    if path.is_file():
        return file_md5(path)
    sizes = [file.stat().st_size for file in path.rglob("*") if file.is_file()]
    return _folder(len(sizes), sum(sizes))


def _locked(out: Mapping[str, Any]) -> str:
    return _folder(out["nfiles"], out["size"]) if "nfiles" in out else str(out["md5"])


def _folder(files: int, size: int) -> str:
    return f"{files} files, {size} bytes"
