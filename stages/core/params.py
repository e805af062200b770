"""Typed parameters: a frozen dataclass without defaults describes what a stage reads from params.yaml.

    @dataclass(frozen=True)
    class PredictParams:
        chat: ChatParams
        generation: GenerationParams

    params = declared(PredictParams)

The values come from DVC (`dvc.api.params_show(stages=...)`), which hands a stage only the keys that it declares in
dvc.yaml; a field that is not declared is therefore an error here, and cannot silently go untracked.
"""

import dataclasses
import difflib
import os
import re
import sys
import types
import typing
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import yaml

from stages.core.exceptions import ParamsError

P = TypeVar("P")

# PyYAML reads 1e-4 and 5e-05 as text (YAML 1.1 asks for a dot), while DVC reads and writes them as numbers.
_EXPONENT = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+")
BASE = "base"
RUNTIME = "runtime"


def declared(cls: type[P]) -> P:
    """Return this stage's declared params as `cls`; the stage is named by DVC_STAGE, which DVC sets.

    Raises:
        ParamsError: naming every unknown, missing or wrongly typed key at once.
    """
    import dvc.api  # 0.6 s that the workers importing this module need not pay

    stage = os.environ.get("DVC_STAGE")
    if not stage:
        raise ParamsError("DVC_STAGE is not set: run the stage through DVC, for example `dvc repro predict@iter1`")
    check_sections(Path("params.yaml"), Path("dvc.yaml"))
    values = dvc.api.params_show(stages=stage)
    return parse(cls, _only_fields(cls, values))


def runtime(cls: type[P]) -> P:
    """Return the `runtime` section, which no stage declares, because it changes speed and never results."""
    return parse(cls, read_yaml(Path("params.yaml")).get(RUNTIME, {}), RUNTIME)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping.

    Raises:
        ParamsError: the file is no YAML or no mapping, naming the line.
    """
    try:
        data = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise ParamsError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(data, dict):
        raise ParamsError(f"{path}: must be a mapping of sections")
    return data


def parse(cls: type[P], values: Any, where: str = "") -> P:
    """Turn nested mappings into the dataclass `cls`, reporting all faults together.

    Raises:
        ParamsError: unknown, missing or wrongly typed keys, each with its dotted name and what would be right.
    """
    faults: list[str] = []
    result = _build(cls, values, where, faults)
    if faults:
        raise ParamsError("params.yaml: " + "; ".join(faults))
    return typing.cast(P, result)


def check_sections(params_file: Path, dvc_file: Path) -> None:
    """Check what no single stage can see: that each section has a reader, and that `iterations` is a forest.

    Raises:
        ParamsError: a section that no stage of dvc.yaml declares, or a faulty `iterations`.
    """
    params = read_yaml(params_file)
    known = _declared_sections(read_yaml(dvc_file)) | {RUNTIME, "iterations"}
    for section in params:
        if section not in known:
            raise ParamsError(f"{params_file}: no stage reads the section `{section}`{_hint(section, known)}")
    check_iterations(params.get("iterations"))


def check_iterations(iterations: Any) -> None:
    """Check that every iteration has exactly a `parent` that exists and that parents lead back to the base model.

    Raises:
        ParamsError: naming the iteration at fault.
    """
    if not isinstance(iterations, dict) or not iterations:
        raise ParamsError("params.yaml: `iterations` must hold at least one line such as `iter1: {parent: base}`")
    for name, item in iterations.items():
        if name == BASE or not re.fullmatch(r"[A-Za-z0-9_]+", str(name)):
            raise ParamsError(f"params.yaml: iterations.{name}: use letters, digits and _, and not `{BASE}`")
        if not isinstance(item, dict) or set(item) != {"parent"} or not isinstance(item["parent"], str):
            raise ParamsError(f"params.yaml: iterations.{name} must be {{parent: NAME}}, not {item!r}")
        if item["parent"] != BASE and item["parent"] not in iterations:
            known = [BASE, *iterations]
            raise ParamsError(
                f"params.yaml: iterations.{name}.parent is `{item['parent']}`, which does not exist; "
                f"there are {', '.join(known)}"
            )
    for name in iterations:
        lineage(iterations, name)


def lineage(iterations: Mapping[str, Mapping[str, str]], name: str) -> list[str]:
    """Return the iterations from the first after base up to and including `name`.

    Raises:
        ParamsError: the parents form a cycle.
    """
    path = [name]
    while (parent := iterations[path[-1]]["parent"]) != BASE:
        if parent in path:
            cycle = " -> ".join([*path, parent])
            raise ParamsError(
                f"params.yaml: iterations.{name}: the parents form a cycle ({cycle}); let one be `{BASE}`"
            )
        path.append(parent)
    return path[::-1]


def _declared_sections(pipeline: dict[str, Any]) -> set[str]:
    stages = pipeline.get("stages", {}).values()
    entries = [entry for stage in stages for entry in stage.get("do", stage).get("params", [])]
    return {entry.split(".")[0] for entry in entries if isinstance(entry, str)}


def _only_fields(cls: type, values: dict[str, Any]) -> dict[str, Any]:
    """Keep the sections that `cls` reads: a stage may declare one more, to be rerun by it (`iterations`)."""
    names = {field.name for field in dataclasses.fields(cls)}
    return {key: value for key, value in values.items() if key in names}


def _build(cls: Any, values: Any, where: str, faults: list[str]) -> Any:
    if not isinstance(values, dict):
        faults.append(f"`{where}` must be a mapping, not {values!r}")
        return None
    hints = typing.get_type_hints(cls)
    names = [field.name for field in dataclasses.fields(cls)]
    unknown = [key for key in values if key not in names]
    faults.extend(f"unknown key `{_join(where, key)}`{_hint(key, names)}" for key in unknown)
    built = {}
    for name in names:
        if name in values:
            built[name] = _convert(hints[name], values[name], _join(where, name), faults)
        elif _is_optional_section(hints[name]):
            built[name] = None
        else:
            faults.append(f"missing key `{_join(where, name)}`")
    return None if faults else cls(**built)


def _is_optional_section(kind: Any) -> bool:
    """Tell whether a section may be missing: that of an alternative which is not chosen and so not declared."""
    args = typing.get_args(kind)
    return type(None) in args and any(dataclasses.is_dataclass(arg) for arg in args)


def _convert(kind: Any, value: Any, where: str, faults: list[str]) -> Any:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        if value is None and type(None) in args:
            return None
        kind = next(arg for arg in args if arg is not type(None))
        return _convert(kind, value, where, faults)
    if dataclasses.is_dataclass(kind):
        return _build(kind, value, where, faults)
    if origin is list and isinstance(value, list):
        return [_convert(args[0], item, f"{where}[{i}]", faults) for i, item in enumerate(value)]
    if origin is dict and isinstance(value, dict):
        return {str(k): _convert(args[1], v, _join(where, str(k)), faults) for k, v in value.items()}
    if origin is typing.Literal and value in args:
        return value
    converted = _scalar(kind, value)
    if converted is None:
        faults.append(f"`{where}` must be {_expected(kind)}, not {value!r}")
    return converted


def _scalar(kind: Any, value: Any) -> Any:
    if kind is float and isinstance(value, str) and _EXPONENT.fullmatch(value):
        return float(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(value) if value in list(kind) else None
    if isinstance(kind, type) and type(value) is kind:
        return value
    return None


def _expected(kind: Any) -> str:
    if typing.get_origin(kind) is typing.Literal:
        return "one of " + ", ".join(str(arg) for arg in typing.get_args(kind))
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return "one of " + ", ".join(kind)
    named: dict[Any, str] = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
    return named.get(kind) or f"a {getattr(typing.get_origin(kind), '__name__', str(kind))}"


def _hint(key: str, known: typing.Iterable[str]) -> str:
    close = difflib.get_close_matches(str(key), list(known), n=1)
    return f" (did you mean `{close[0]}`?)" if close else ""


def _join(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def main() -> int:
    """Check params.yaml against dvc.yaml: `python -m stages.core.params`."""
    check_sections(Path("params.yaml"), Path("dvc.yaml"))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ParamsError as error:
        sys.exit(f"error: {error}")
