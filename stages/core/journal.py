"""An append-only journal of finished work, outside DVC's outputs (DVC deletes those before a stage runs).

    {"key": "3f0c...", "value": {"text": "48/2 = 24 ...", "tokens": 61, "stop": "end"}}

A journal belongs to one fingerprint of everything that its values depend on; a run with other inputs opens another
file. What is in it is flushed to disk before it is used, so that `kill -9` costs only the work in flight. A line that a
kill has cut is dropped when the journal is opened.
"""

import fcntl
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from stages.core.storage import naming


class Journal:
    """A durable mapping from keys to JSON values in one file, for one process at a time."""

    def __init__(self, path: Path) -> None:
        """Open the journal at `path`, creating it, and load what earlier runs finished.

        Waits while another process, such as an experiment with the same inputs, has it open.
        """
        self._path = path
        self._entries: dict[str, Any] = {}
        self._file = path.open("ab")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._file.truncate(self._load(path))

    def _load(self, path: Path) -> int:
        intact = 0
        with path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                entry = json.loads(line)
                self._entries[entry["key"]] = entry["value"]
                intact += len(line)
        return intact

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def __getitem__(self, key: str) -> Any:
        return self._entries[key]

    def __len__(self) -> int:
        return len(self._entries)

    def missing(self, keys: Iterable[str]) -> list[str]:
        """Return the keys that have no value yet, in the given order."""
        return [key for key in keys if key not in self._entries]

    def add(self, values: Mapping[str, Any]) -> None:
        """Append values and return once they are on disk."""
        lines = [json.dumps({"key": key, "value": value}) + "\n" for key, value in values.items()]
        with naming(self._path):
            self._file.write("".join(lines).encode())
            self._file.flush()
            os.fsync(self._file.fileno())
        self._entries.update(values)
