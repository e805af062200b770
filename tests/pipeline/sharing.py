"""Set up a remote as docs/sharing.md says."""

from collections.abc import Mapping
from pathlib import Path

from tests.pipeline.project import Project
from tests.pipeline.servers import Remote


def local(folder: Path) -> Remote:
    """Return a remote that is a folder of this machine, as a shared disk would be."""
    return Remote(str(folder), {}, {}, folder)


def give(project: Project, remote: Remote) -> None:
    """Make it the project's default remote, commit that without the keys, and push everything with the run cache."""
    project.run("dvc", "remote", "add", "--default", "store", remote.url)
    _modify(project, remote.options)
    project.commit("remote")
    take_keys(project, remote)
    project.run("dvc", "push", "--run-cache")


def take_keys(project: Project, remote: Remote) -> None:
    """Write the keys to `.dvc/config.local`, which git ignores."""
    _modify(project, remote.keys, "--local")


def _modify(project: Project, options: Mapping[str, str], *where: str) -> None:
    for name, value in options.items():
        project.run("dvc", "remote", "modify", *where, "store", name, value)
