"""What the training curves ask of DVCLive, for machines without DVC: a line a log, in points.jsonl.

{"loss": 3.2, "seconds": 812.4, "step": 1}
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

sys.modules["dvclive.plots"] = sys.modules["dvclive.utils"] = sys.modules[__name__]


class Live:
    """Writes what is logged, with the clock's seconds."""

    def __init__(self, folder: str, **_: Any) -> None:
        """Write into a folder."""
        self._path = Path(folder) / "points.jsonl"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._dvc_repo = None
        self.step = 0
        self._values: dict[str, float] = {}

    def log_metric(self, name: str, value: float) -> None:
        """Keep a value of this step."""
        self._values[name] = value

    def next_step(self) -> None:
        """Write the values of this step, where there are any."""
        if self._values:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"step": self.step, "seconds": time.perf_counter(), **self._values}) + "\n")
        self._values = {}

    def end(self) -> None:
        """Do nothing."""


class Metric:
    """Tells what can be logged."""

    @staticmethod
    def could_log(value: object) -> bool:
        """Tell whether a value is a number."""
        return isinstance(value, (int, float))


def standardize_metric_name(name: str, _: str) -> str:
    """Return a name as it is."""
    return name
