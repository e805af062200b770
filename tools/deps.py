"""The folders of `stages/` that each stage imports from, against the `deps` of dvc.yaml.

`python -m tools.deps` prints, for every stage of dvc.yaml, the folders that its deps lack or list in vain. A stage's
deps are its script and every folder that its imports touch, however deep. Packages hold a docstring only.
"""

import ast
import sys
from pathlib import Path

from stages.core.params import read_yaml

PACKAGE = "stages"
_PROMPTS = "stages/prompts/"  # each is a dep by itself


def modules_of(script: Path, root: Path = Path()) -> set[str]:
    """Return the paths, relative to `root`, of the script and of every project module that it imports, however deep."""
    paths: set[str] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        name = path.relative_to(root).as_posix()
        if name not in paths:
            paths.add(name)
            waiting += [root / target for target in imported(path, root)]
    return paths


def folders_of(script: Path, root: Path = Path()) -> set[str]:
    """Return the folders directly in `stages/` that the script's imports touch, such as `stages/model`."""
    return {"/".join(name.split("/")[:2]) for name in modules_of(script, root) if name.count("/") > 1}


def imported(path: Path, root: Path = Path()) -> set[str]:
    """Return the paths, relative to `root`, of the project modules that a module itself imports, packages left out."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    paths = {name.replace(".", "/") + ".py" for name in names if name.split(".")[0] == PACKAGE}
    return {name for name in paths if (root / name).is_file()}


def differences(dvc_file: Path, root: Path = Path()) -> list[str]:
    """Return one line for each stage whose deps are not exactly its script and the folders that it imports from."""
    lines = []
    for name, entry in read_yaml(dvc_file)["stages"].items():
        body = entry.get("do", entry)
        script = root / (body["cmd"].split()[2].replace(".", "/") + ".py")
        needed = {script.relative_to(root).as_posix(), *folders_of(script, root)}
        listed = {dep for dep in body["deps"] if dep.startswith("stages/") and not dep.startswith(_PROMPTS)}
        lines += [f"{name}: missing {path}" for path in sorted(needed - listed)]
        lines += [f"{name}: not imported {path}" for path in sorted(listed - needed)]
    return lines


if __name__ == "__main__":
    lines = differences(Path("dvc.yaml"))
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.exit(1 if lines else 0)
