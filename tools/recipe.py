"""Lay recipes over params.yaml, one after the other, and show what they change.

    python -m tools.recipe qwen2.5-coder-0.5b local [--show]

A recipe, `recipes/NAME.yaml`, has the keys of params.yaml that it sets; all others stay, and so do comments. What has
names of your own is taken whole: iterations, providers by job, texts by set, and problem sets. Where none of its
sets has a role, as in `sets: {gsm8k: {path: data/raw/gsm8k.jsonl}}`, a recipe adds to the sets that there are.
`recipes/local.yaml` is not in git: it is for the paths of your machine. With `--show` nothing is written.
"""

import argparse
import difflib
import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from stages import check_params
from stages.core import params
from stages.core.exceptions import ParamsError
from stages.core.files import replacing
from stages.core.stage import told_in_a_line

FOLDER = Path("recipes")
_WHOLE = ("iterations", "instructor.providers", "chat.question", "chat.final_answer", "chat.template_arguments")
_SETS = "prepare_problems.sets"


def apply(names: Sequence[str], path: Path = params.PARAMS, *, write: bool = True) -> str:
    """Lay recipes over params, and return the difference as a unified diff; empty where there is none.

    Raises:
        ParamsError: there is no such recipe, or what comes out is no sound params.yaml; nothing is written then.
    """
    yaml = _round_trip()
    values = params.read_yaml(path, yaml)
    before = path.read_text(encoding="utf-8")
    for name in names:
        _lay_over(values, _read(yaml, name))
    text = io.StringIO()
    yaml.dump(values, text)
    after = text.getvalue()
    _check(after, names)
    if write and after != before:
        with replacing(path) as file:
            file.write(after)
    return "".join(difflib.unified_diff(before.splitlines(True), after.splitlines(True), str(path), str(path), n=0))


def _round_trip() -> YAML:
    """Return a reader and writer that keeps comments and layout."""
    yaml = YAML()
    yaml.width = 4096
    yaml.preserve_quotes = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.add_representer(type(None), lambda own, _: own.represent_scalar("tag:yaml.org,2002:null", "null"))
    return yaml


def _read(yaml: YAML, name: str) -> Mapping[str, Any]:
    path = FOLDER / f"{name}.yaml"
    if not path.is_file():
        known = sorted(one.stem for one in FOLDER.glob("*.yaml"))
        raise ParamsError(f"{path}: no such recipe{params.closest(name, known)}; there are: {', '.join(known)}")
    return params.read_yaml(path, yaml)


def _lay_over(values: Any, recipe: Mapping[str, Any], where: str = "") -> None:
    for key, value in recipe.items():
        name = f"{where}{key}"
        merged = isinstance(value, Mapping) and isinstance(values.get(key), Mapping) and not _is_whole(name, value)
        if merged:
            _lay_over(values[key], value, f"{name}.")
        else:
            values[key] = value


def _is_whole(name: str, value: Mapping[str, Any]) -> bool:
    return name in _WHOLE or (
        name == _SETS and any(isinstance(one, Mapping) and "role" in one for one in value.values())
    )


def _check(text: str, names: Sequence[str]) -> None:
    """Check what comes out as `check_params` does.

    Raises:
        ParamsError: with the recipes' names in front of each fault.
    """
    try:
        check_params.check(params.parse(check_params.Sections, YAML(typ="safe").load(text)))
    except ParamsError as error:
        raise ParamsError(*(f"recipes {' + '.join(names)}: {line}" for line in error.faults)) from None


def main() -> int:
    """Apply the recipes that are named, and print what changes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument("--show", action="store_true", help="show what would change, and write nothing")
    arguments = parser.parse_args()
    print(apply(arguments.names, write=not arguments.show) or "nothing changes")  # noqa: T201
    return 0


if __name__ == "__main__":
    with told_in_a_line("recipe"):
        sys.exit(main())
