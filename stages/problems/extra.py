"""More test sets from files, such as GSM8K's test split or SVAMP; only evaluation and decontamination read them.

prepare_problems:
  extra:
    svamp:
      file: svamp_test.jsonl      # in data/raw, which DVC watches
      limit: 200                  # the first 200; null takes all
      columns: {question: "{Body} {Question}", solution: "{Equation} = {Answer}", answer: Answer, group: null}
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from stages.core.exceptions import ParamsError, RecordsError
from stages.core.records import Problem
from stages.problems import local
from stages.problems.reading import Columns

UNSEEN = "unseen"
_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class ExtraParams:
    """A file in data/raw, how many of its problems are taken (null: all), and its columns."""

    file: str
    limit: int | None
    columns: Columns


def load(sets: Mapping[str, ExtraParams], folder: Path, trained_on: Iterable[Problem]) -> dict[str, list[Problem]]:
    """Read the extra test sets by name.

    Raises:
        ParamsError: a name or a limit that cannot be used.
        RecordsError: a file outside `folder`, missing, or malformed, or a problem that is trained on.
    """
    known = {problem.question for problem in trained_on}
    found = {}
    for name, params in sets.items():
        _check(name, params)
        found[name] = local.read(_inside(folder, params.file), params.columns, params.limit)
        shared = sum(problem.question in known for problem in found[name])
        if shared:
            raise RecordsError(
                f"prepare_problems.extra.{name}: {shared} of its problems are training problems; "
                "take them out of one of the files"
            )
    return found


def _check(name: str, params: ExtraParams) -> None:
    if not _NAME.fullmatch(name) or name == UNSEEN:
        raise ParamsError(
            f"params.yaml: prepare_problems.extra.{name}: use letters, digits, _ and -, and not `{UNSEEN}`"
        )
    if params.limit is not None and params.limit < 1:
        raise ParamsError(f"params.yaml: prepare_problems.extra.{name}.limit must be at least 1, or null for all")


def _inside(folder: Path, file: str) -> Path:
    if Path(file).name != file:
        raise RecordsError(f"prepare_problems.extra: {file}: name a file in {folder}, where DVC sees it change")
    return folder / file
