"""Fetch the base model into models/base and start what iterations add to: no training rows, no known error types."""

import argparse
from dataclasses import dataclass
from typing import Literal

from stages.core import files, params, stage
from stages.model import sources


@dataclass(frozen=True)
class FetchTarget:
    """The `fetch_target` section: only the chosen source's own section is read."""

    source: Literal["hub", "local", "wheel"]
    hub: sources.HubModel
    local: sources.LocalModel
    wheel: sources.WheelModel


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    fetch_target: FetchTarget


def main(arguments: argparse.Namespace) -> dict[str, object]:
    """Write the model folder, or a pinned pointer, an empty training set and an empty list of error types."""
    section = params.declared(Params).fetch_target
    arguments.out.mkdir(parents=True, exist_ok=True)
    if section.source == "hub":
        sources.from_hub(section.hub, arguments.out)
    elif section.source == "local":
        sources.from_folder(section.local, arguments.out)
    else:
        sources.from_wheel(section.wheel, arguments.out)
    files.write_records(arguments.history, [])
    files.write_records(arguments.known_types, [])
    size = sum(path.stat().st_size for path in arguments.out.rglob("*") if path.is_file())
    return {
        "source": section.source,
        "files": len(list(arguments.out.iterdir())),
        "megabytes": round(size / 1e6),
    }


if __name__ == "__main__":
    stage.run(main, __doc__, outputs=["out", "history", "known_types"])
