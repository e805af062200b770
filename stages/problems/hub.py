"""Problems from a data set on the Hugging Face hub, pinned by a revision."""

import re
from typing import Annotated

from pydantic import AfterValidator

from stages.core.exceptions import SourceError, one_line
from stages.core.params import section
from stages.core.records import Problem
from stages.problems.reading import Columns, read_rows


def _check_commit(revision: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{40}", revision):
        raise ValueError("the 40 hex digits of a commit are needed; branches and tags move")
    return revision


@section
class HubParams:
    """A data set id such as `openai/gsm8k`, its configuration, its split, and the commit that pins it."""

    id: str
    config: str | None
    split: str
    revision: Annotated[str, AfterValidator(_check_commit)]


def load(params: HubParams, columns: Columns) -> list[Problem]:
    """Download, or take from the local hub cache, and read one split.

    Raises:
        SourceError: the data set cannot be had.
        RecordsError: a row that is no problem.
    """
    import datasets  # 1.5 s and only this source needs it

    try:
        split = datasets.load_dataset(params.id, params.config, split=params.split, revision=params.revision)
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        raise SourceError(f"data set {params.id} at {params.revision[:8]}: {one_line(error)}") from error
    return read_rows(((f"{params.id}: row {i}", row) for i, row in enumerate(split, 1)), columns)
