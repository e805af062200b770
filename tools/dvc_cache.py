"""Look for damaged objects in DVC's cache: `python -m tools.dvc_cache`.

DVC trusts a read-only object without reading it: `dvc checkout` hands out a damaged one, and `dvc status` calls it up
to date. An object's name is the MD5 of its content, with `.dir` behind it for the list of a
folder: `files/md5/b0/26324c6904b2a9cb4b88d6d61c81d1`.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stages.core.files import file_md5
from stages.core.params import read_yaml


def damaged(objects: Path) -> Iterator[Path]:
    """Yield the objects below `objects` (the folder `files/md5` of a cache) whose MD5 is not their name."""
    for path in sorted(objects.glob("??/*")):
        if file_md5(path) != path.parent.name + path.name.removesuffix(".dir"):
            yield path


def users(lock: dict[str, Any], objects: Path) -> dict[str, str]:
    """Return, by MD5, the output or the file in an output that the stages of dvc.lock keep under it."""
    outputs = {}
    for stage in lock["stages"].values():
        for out in stage.get("outs", []):
            digest, path = out["md5"], out["path"]
            outputs[digest] = path
            listing = objects / digest[:2] / digest[2:]
            if digest.endswith(".dir") and listing.is_file():
                outputs |= {entry["md5"]: f"{path}/{entry['relpath']}" for entry in _entries(listing)}
    return outputs


def _entries(listing: Path) -> list[dict[str, str]]:
    """Return the entries of a folder's list; none where the list itself is damaged."""
    try:
        entries: list[dict[str, str]] = json.loads(listing.read_bytes())
    except ValueError:
        return []
    return entries


def main() -> int:
    """Name each damaged object and what to do, and return how many there are."""
    from dvc.repo import Repo  # 0.6 s

    objects = Path(Repo().cache.local.path)
    used = users(read_yaml(Path("dvc.lock")), objects)
    count = 0
    for path in damaged(objects):
        count += 1
        user = used.get(path.parent.name + path.name)
        sys.stderr.write(f"error: {path}: damaged; {_advice(path, user)}\n")
    if not count:
        sys.stdout.write(f"{objects}: no object is damaged\n")
    return count


def _advice(path: Path, user: str | None) -> str:
    if user is None:
        return f"no stage of this commit uses it: `rm -f {path}`"
    return f"`rm -rf {path} {user}`, then `dvc pull`, or `dvc repro` without a remote"


if __name__ == "__main__":
    sys.exit(min(main(), 1))
