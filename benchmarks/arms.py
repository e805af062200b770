"""Arms of a comparison: one project run with several params, whose records are kept."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML

from stages.core import files


@contextmanager
def ran(project: Path, changes: dict[str, Any], targets: Sequence[str]) -> Iterator[None]:
    """Run stages of a project with changed params, which hold during the block too; then the given ones are back."""
    with laid_over(project, changes):
        subprocess.run(["dvc", "repro", *targets], cwd=project, check=True, env=environment(project))
        yield


@contextmanager
def laid_over(project: Path, changes: dict[str, Any]) -> Iterator[None]:
    """Change params of a project during the block; a killed run's are taken back before, edits since then stay."""
    path, backup = project / "params.yaml", project / ".sei/given_params.json"
    given = path.read_text()
    if backup.exists() and (killed := files.read_json(backup))["laid"] == given:
        given = killed["given"]
    laid = yaml.safe_dump(changed(YAML(typ="safe").load(given), changes), sort_keys=False)
    backup.parent.mkdir(exist_ok=True)  # a new clone has none
    files.write_json(backup, {"given": given, "laid": laid})
    try:
        path.write_text(laid)
        yield
    finally:
        path.write_text(given)
        backup.unlink()


def environment(project: Path) -> dict[str, str]:
    """Return an environment in which a project runs its own modules."""
    return os.environ | {"PYTHONPATH": str(project.resolve())}


def changed(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return params with new values by dotted key."""
    for key, value in changes.items():
        *parts, last = key.split(".")
        section = values
        for part in parts:
            section = section[part]
        section[last] = value
    return values


def keep(project: Path, folder: Path, iteration: str, parts: Sequence[str] = ()) -> None:
    """Copy the metrics and the predictions of an iteration, what it was made from, and other records of it by name."""
    folder.mkdir(exist_ok=True)
    shutil.copytree(project / "metrics" / iteration, folder / "metrics")
    for name in (*parts, "test_predictions"):
        shutil.copy(project / "data" / iteration / f"{name}.jsonl", folder)
    shutil.copy(project / "data/base/test_predictions.jsonl", folder / "base_predictions.jsonl")
    shutil.copytree(project / "data/problems/held_out", folder / "held_out")
    shutil.copy(project / "params.yaml", folder)
