"""The weights of a local teacher: fetched once for all experiments, and known by their content."""

import json
import logging
import shutil
from dataclasses import asdict
from pathlib import Path

from stages.core import locks
from stages.core.exceptions import SourceError
from stages.core.files import content_id, directory_hash, read_json
from stages.core.runtime import scratch
from stages.model import sources
from stages.model.checkpoints import CARD
from stages.model.sources import ModelSource

logger = logging.getLogger(__name__)


def fetch(source: ModelSource) -> Path:
    """Return the folder with the teacher's model or a pinned pointer to it, fetched by the first who needs it.

    Raises:
        SourceError: the model cannot be had, or is not what was asked for.
    """
    chosen = asdict(getattr(source, source.source))
    folder = scratch("models", content_id(source.source, json.dumps(chosen, sort_keys=True)))
    with locks.exclusive(folder.with_suffix(".lock"), "the teacher's model"):
        if source.source == "local":
            _fetch(source, folder)  # a pointer, pinned anew: the files may be others now
        elif not folder.exists():
            logger.info("fetching the teacher, %s", next(iter(chosen.values())))
            unfinished = folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            _fetch(source, unfinished)
            unfinished.rename(folder)
    return folder


def _fetch(source: ModelSource, out: Path) -> None:
    try:
        sources.fetch(source, out)
    except SourceError as error:
        raise SourceError(str(error).replace("fetch_target.", "instructor.local.")) from error


def digest(folder: Path) -> str:
    """Return a hash of the weights, or of what pins them; where a pointer's files lie does not matter."""
    card = read_json(folder / CARD)
    if card["kind"] == "weights":
        return directory_hash(folder)
    return content_id(json.dumps({name: value for name, value in card.items() if name != "path"}, sort_keys=True))
