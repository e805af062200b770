"""Problems from a data set on the Hugging Face hub, pinned by a commit."""

import logging
from collections.abc import Iterator
from typing import Any

from stages.core import files, hub
from stages.core.exceptions import SourceError, one_line
from stages.core.runtime import scratch
from stages.problems.settings import SetSpec

logger = logging.getLogger(__name__)

_COMMITS = "data_sets.json"


def rows(spec: SetSpec, commit: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Download, or take from the local hub cache, one split at a commit, and yield its rows with their places.

    Raises:
        SourceError: the data set cannot be had.
    """
    import datasets  # 1.5 s and only this source needs it

    try:
        split = datasets.load_dataset(str(spec.id), spec.config, split=spec.split, revision=commit)
    except (*hub.failures(), datasets.exceptions.DatasetsError) as error:
        raise SourceError(f"data set {spec.id} at {commit[:8]}: {one_line(error)}") from error
    for number, row in enumerate(split, 1):
        yield f"{spec.id}: row {number}", row


def commit_of(spec: SetSpec) -> str:
    """Return the commit that pins a set: the one given, else the one that the first fetch found, or finds now.

    Raises:
        SourceError: the hub does not tell.
    """
    if spec.revision:
        return spec.revision
    path, name = scratch(_COMMITS), str(spec.id)
    known = files.read_json(path) if path.exists() else {}
    if name not in known:
        known[name] = _newest(name)
        files.write_json(path, known)
        logger.info("%s: no commit is pinned; took the newest, `revision: %s`", spec.name, known[name])
    return str(known[name])


def _newest(name: str) -> str:
    from huggingface_hub import HfApi  # 0.3 s and only a set without a commit needs it

    try:
        return str(HfApi().dataset_info(name).sha)
    except hub.failures() as error:
        raise SourceError(f"data set {name}: its newest commit cannot be had: {one_line(error)}") from error
