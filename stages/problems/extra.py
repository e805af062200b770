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
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from stages.core.exceptions import RecordsError
from stages.core.params import Count, section
from stages.core.records import Problem
from stages.problems import local
from stages.problems.reading import Columns

UNSEEN = "unseen"


def _check_file(file: str) -> str:
    if Path(file).name != file:
        raise ValueError("name a file of the folder with the raw data, not a path: DVC sees that folder change")
    return file


@section
class ExtraParams:
    """A file in data/raw, how many of its problems are taken (null: all), and its columns."""

    file: Annotated[str, AfterValidator(_check_file)]
    limit: Count | None
    columns: Columns


def _check_names(sets: dict[str, ExtraParams]) -> dict[str, ExtraParams]:
    for name in sets:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", name) or name == UNSEEN:
            raise ValueError(f"{name}: use letters, digits, _ and -, and not `{UNSEEN}`")
    return sets


ExtraSets = Annotated[dict[str, ExtraParams], AfterValidator(_check_names)]
"""The extra test sets by name."""


def load(sets: Mapping[str, ExtraParams], folder: Path, trained_on: Iterable[Problem]) -> dict[str, list[Problem]]:
    """Read the extra test sets by name.

    Raises:
        RecordsError: a missing or malformed file, or a problem that is trained on.
    """
    known = {problem.question for problem in trained_on}
    problems = {name: local.read(folder / params.file, params.columns, params.limit) for name, params in sets.items()}
    for name, read in problems.items():
        shared = sum(problem.question in known for problem in read)
        if shared:
            raise RecordsError(
                f"prepare_problems.extra.{name}: {shared} of its problems are training problems; "
                "take them out of one of the files"
            )
    return problems
