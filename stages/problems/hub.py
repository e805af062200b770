"""Problems from a data set on the Hugging Face hub, pinned by a revision."""

import re
from dataclasses import dataclass

from stages.core.exceptions import ParamsError, SourceError
from stages.core.records import Problem
from stages.problems.reading import Columns, read_rows

_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class HubParams:
    """A data set id such as `openai/gsm8k`, its configuration, its split, and the commit that pins it."""

    id: str
    config: str | None
    split: str
    revision: str


def load(params: HubParams, columns: Columns) -> list[Problem]:
    """Download, or take from the local hub cache, and read one split.

    Raises:
        ParamsError: the revision is not a full commit hash, so that the same params could mean other data later.
        SourceError: the data set cannot be had.
        RecordsError: a row that is no problem.
    """
    if not _COMMIT.fullmatch(params.revision):
        raise ParamsError(
            f"params.yaml: prepare_problems.hub.revision must be the 40 hex digits of a commit, "
            f"not {params.revision!r}; branches and tags move"
        )
    import datasets  # 1.5 s and only this source needs it

    try:
        split = datasets.load_dataset(params.id, params.config, split=params.split, revision=params.revision)
    except (OSError, ValueError, datasets.exceptions.DatasetsError) as error:
        reason = " ".join(str(error).split())
        raise SourceError(f"data set {params.id} at {params.revision[:8]}: {reason}") from error
    return read_rows(((f"{params.id}: row {i}", row) for i, row in enumerate(split, 1)), columns)
