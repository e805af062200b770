"""Fetch the base model into models/base, and start an empty training set and an empty list of known error types."""

from dataclasses import dataclass

from stages.core import files, stage
from stages.model.sources import ModelSource, fetch


@dataclass(frozen=True)
class Paths:
    """Options that dvc.yaml passes."""

    out: stage.Output
    history: stage.Output
    known_types: stage.Output


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    fetch_target: ModelSource


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write the model folder, or a pinned pointer, an empty training set and an empty list of error types."""
    fetch(params.fetch_target, paths.out)
    files.write_records(paths.history, [])
    files.write_records(paths.known_types, [])
    size = sum(path.stat().st_size for path in paths.out.rglob("*") if path.is_file())
    return {
        "source": params.fetch_target.source,
        "files": len(list(paths.out.iterdir())),
        "megabytes": round(size / 1e6),
    }


if __name__ == "__main__":
    stage.run(main, __doc__)
