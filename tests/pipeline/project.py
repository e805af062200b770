"""A clone of the project in a temporary folder, in which tests run real `dvc`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]


class Project:
    """A clone with the working tree's changes on top, and commands to work in it."""

    def __init__(self, path: Path) -> None:
        self.path, self.env = path, environment()
        _run(["git", "clone", "--quiet", str(ROOT), str(path)], ROOT, self.env)
        self._overlay()

    @classmethod
    def at(cls, path: Path, env: dict[str, str] | None = None) -> "Project":
        """Return the project that lies at `path` already."""
        project = object.__new__(cls)
        project.path, project.env = path, env or environment()
        return project

    def clone(self, path: Path) -> "Project":
        """Return a git clone: what a newcomer has before the first `dvc` command."""
        self.run("git", "clone", "--quiet", str(self.path), str(path))
        return Project.at(path, self.env)

    def copy(self, path: Path) -> "Project":
        """Return a copy with all data, cache and scratch work."""
        shutil.copytree(self.path, path, symlinks=True)
        return Project.at(path, self.env)

    def _overlay(self) -> None:
        """Copy what differs from HEAD, so that the tests see the tree that they stand in."""
        listed = _run(["git", "ls-files", "-mo", "--exclude-standard", "-z"], ROOT, self.env).stdout
        for name in filter(None, listed.split("\0")):
            source, target = ROOT / name, self.path / name
            target.unlink(missing_ok=True)
            if source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(source.read_bytes())
        self.commit("working tree")

    def commit(self, message: str) -> None:
        self.run("git", "add", "-A")
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.invalid"]
        self.run("git", *identity, "commit", "--quiet", "--allow-empty", "-m", message)

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return _run(list(command), self.path, self.env, check)

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a command in a process group of its own, so that the whole group can be killed."""
        return subprocess.Popen(
            command, cwd=self.path, env=self.env, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def repro(self, *arguments: str, check: bool = True) -> list[str]:
        """Run `dvc repro` and return the stages that it ran, in order."""
        done = self.run("dvc", "repro", *arguments, check=check)
        return ran_stages(done.stdout)

    def set(self, values: dict[str, Any]) -> None:
        """Change values in params.yaml, by dotted name; None as a value stays null."""
        path = self.path / "params.yaml"
        params = yaml.safe_load(path.read_text())
        for name, value in values.items():
            *parents, last = name.split(".")
            section = params
            for parent in parents:
                section = section.setdefault(parent, {})
            section[last] = value
        path.write_text(yaml.safe_dump(params, sort_keys=False))


def environment() -> dict[str, str]:
    """Return the environment of a project's commands: this interpreter's programs, and no other test's scratch work."""
    environ = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HF_HUB_OFFLINE": "1",
        "DVC_NO_ANALYTICS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    environ.pop("SEI_CACHE", None)
    return environ


def ran_stages(output: str) -> list[str]:
    """Return the names in DVC's lines `Running stage 'NAME':`."""
    return [line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage '")]


def _run(command: list[str], cwd: Path, env: dict[str, str], check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done
