"""Which project modules a stage imports: DVC sees only the files that `deps` lists.

`python -m stages.pipeline.imports` prints, for every stage of dvc.yaml, the modules that its deps lack or list in vain.
Package `__init__` files hold a docstring only and are left out.
"""

import ast
import sys
from pathlib import Path

from stages.pipeline.params import read_yaml

PACKAGE = "stages"


def modules_of(script: Path, root: Path = Path()) -> set[str]:
    """Return the paths, relative to `root`, of the script and of every project module that it imports, however deep."""
    found: set[str] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        name = path.relative_to(root).as_posix()
        if name not in found:
            found.add(name)
            waiting += [target for target in _imports(path, root) if target.name != "__init__.py"]
    return found


def _imports(path: Path, root: Path) -> set[Path]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    paths = {root / (name.replace(".", "/") + ".py") for name in names if name.split(".")[0] == PACKAGE}
    return {candidate for candidate in paths if candidate.is_file()}


def differences(dvc_file: Path, root: Path = Path()) -> list[str]:
    """Return one line for each stage whose deps are not exactly its script and the modules that it imports."""
    lines = []
    for name, entry in read_yaml(dvc_file)["stages"].items():
        body = entry.get("do", entry)
        script = root / (body["cmd"].split()[2].replace(".", "/") + ".py")
        needed = modules_of(script, root)
        listed = {dep for dep in body["deps"] if dep.startswith(f"{PACKAGE}/") and dep.endswith(".py")}
        lines += [f"{name}: missing {path}" for path in sorted(needed - listed)]
        lines += [f"{name}: not imported {path}" for path in sorted(listed - needed)]
    return lines


if __name__ == "__main__":
    found = differences(Path("dvc.yaml"))
    sys.stdout.write("".join(f"{line}\n" for line in found))
    sys.exit(1 if found else 0)
