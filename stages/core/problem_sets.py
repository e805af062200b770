"""Held-out problems and the names of their sets in metrics and reports: `test/math500`, `dev/gsm8k`, `ood/svamp`.

Results pooled over the test sets are named `test`, over the OOD sets `ood`; dev sets are in no pooled result.
"""

from collections.abc import Collection, Mapping
from pathlib import Path

from stages.core.files import read_records
from stages.core.records import Problem

TEST, DEV, OOD = "test", "dev", "ood"
POOLED = (TEST, OOD)


def read_held_out(folder: Path) -> dict[str, list[Problem]]:
    """Return the problems that are not trained on, by the name of their set: test sets, dev sets, then OOD sets.

    `folder` has a file `ROLE/NAME.jsonl` for each; those of a role come by name.
    """
    return {
        f"{role}/{path.stem}": read_records(path, Problem)
        for role in (TEST, DEV, OOD)
        for path in sorted((folder / role).glob("*.jsonl"))
    }


def of_role(role: str, names: Collection[str]) -> list[str]:
    """Return the names of the sets of a role, without the pooled one."""
    return [name for name in names if name.startswith(f"{role}/")]


def is_dev(name: str) -> bool:
    """Tell whether a set is for tuning."""
    return name.startswith(f"{DEV}/")


def standing_for(role: str, graded: Mapping[str, int]) -> str | None:
    """Return the result that stands for a role: the pooled one, or that of its only graded set; None without any.

    `graded` has the number of graded problems of each result.
    """
    return role if role in graded else max(of_role(role, graded), key=graded.__getitem__, default=None)
