"""The weights of a local teacher: fetched once for all experiments, and known by their content."""

import json
import logging
from dataclasses import asdict
from pathlib import Path

from stages.core import locks
from stages.core.exceptions import SourceError
from stages.core.files import content_id, file_hash, new_folder, read_json
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
    path = Path(chosen["path"]).expanduser() if source.source == "local" else None
    content = file_hash(path) if path and path.is_file() else ""  # of a GGUF file
    folder = scratch("models", content_id(source.source, json.dumps(chosen, sort_keys=True), content))
    with locks.exclusive(folder.with_suffix(".lock"), "the teacher's model"):
        if path and not content:
            _fetch(source, folder)  # a pointer to a folder, pinned anew: its files may be others now
        elif not folder.exists():
            logger.info("fetching the teacher (instructor.local)")
            with new_folder(folder) as unfinished:
                _fetch(source, unfinished)
    return folder


def _fetch(source: ModelSource, out: Path) -> None:
    try:
        sources.fetch(source, out)
    except SourceError as error:
        raise SourceError(f"instructor.local: {error}") from error


def digest(folder: Path) -> str:
    """Return a hash of the files, or of what pins them; where they come from or lie does not matter."""
    card = read_json(folder / CARD)
    if card["kind"] == "hub":
        return content_id(card["id"], card["revision"])
    files = card["files"] if card["kind"] == "local" else _hashes(folder)
    return content_id(json.dumps(files, sort_keys=True))


def _hashes(folder: Path) -> dict[str, str]:
    return {path.name: file_hash(path) for path in folder.iterdir() if path.name != CARD}
