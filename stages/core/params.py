"""Typed params: a section of params.yaml is a frozen class without defaults, checked by pydantic.

    @section
    class Keep:
        by: Literal["fraction", "threshold"]
        value: Number

A stage's `Params` has a field for each section that it reads. The values come from DVC
(`dvc.api.params_show(stages=...)`), which hands a stage only the keys that it declares in dvc.yaml; a field that is not
declared is therefore an error here, and cannot silently go untracked. Of alternatives only the chosen one's section is
declared: the field of each is optional and has the default None.
"""

import dataclasses
import difflib
import json
import os
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar, dataclass_transform
from urllib.parse import urlsplit

import pydantic
from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages.core.exceptions import ParamsError, one_line

T = TypeVar("T")

BASE = "base"
PARAMS = Path("params.yaml")
_EXPECTED = {"a valid integer": "a whole number", "a valid number": "a number", "a valid string": "text",
             "a valid boolean": "true or false", "a valid array": "a list", "an object": "a mapping"}  # fmt: skip


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field, Field))
def section(cls: type[T]) -> type[T]:
    """Make a class a section: frozen, no unknown keys, no conversion of types, finite numbers."""
    config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    made: Any = pydantic.dataclasses.dataclass(frozen=True, config=config)
    return typing.cast(type[T], made(cls))


Count = Annotated[int, Field(ge=1)]
CountOrZero = Annotated[int, Field(ge=0)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Number = float
Positive = Annotated[Number, Field(gt=0)]
Share = Annotated[Number, Field(ge=0, le=1)]
PositiveShare = Annotated[Number, Field(gt=0, le=1)]
ShareBelowOne = Annotated[Number, Field(ge=0, lt=1)]


@section
class Iteration:
    """A line of `iterations`; `parent` is `base` or another iteration."""

    parent: str


def lineage(iterations: Mapping[str, Iteration], name: str) -> list[str]:
    """Return the iterations from the first after base up to and including `name`.

    Raises:
        ValueError: the parents form a cycle, or one does not exist.
    """
    path = [name]
    while (parent := iterations[path[-1]].parent) != BASE:
        if parent not in iterations:
            known = ", ".join([BASE, *iterations])
            raise ValueError(f"{path[-1]}.parent is `{parent}`, which does not exist; there are {known}")
        if parent in path:
            cycle = " -> ".join([*path, parent])
            raise ValueError(f"{name}: the parents form a cycle ({cycle}); let one be `{BASE}`")
        path.append(parent)
    return path[::-1]


def _check_forest(iterations: dict[str, Iteration]) -> dict[str, Iteration]:
    if not iterations:
        raise ValueError("at least one line such as `iter1: {parent: base}` is needed")
    for name in iterations:
        if name in (BASE, "total") or not re.fullmatch(r"[A-Za-z0-9_]+", name):
            raise ValueError(f"{name}: use letters, digits and _, and not `{BASE}` or `total`, which accounts have")
        lineage(iterations, name)
    return iterations


def _check_url(text: str) -> str:
    """Refuse an address whose host or port is none; one without `://` is a name."""
    if "://" in text:
        try:
            parts = urlsplit(text)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise ValueError(f"{text}: {one_line(error)}; it is like http://localhost:8000/v1") from error
        if not host:
            raise ValueError(f"{text}: names no host; it is like http://localhost:8000/v1")
    return text


Url = Annotated[str, AfterValidator(_check_url)]
Iterations = Annotated[dict[str, Iteration], AfterValidator(_check_forest)]


def declared(cls: type[T]) -> T:
    """Return this stage's declared params as `cls`; the stage is named by DVC_STAGE, which DVC sets.

    Raises:
        ParamsError: naming every unknown, missing or wrong key at once.
    """
    import dvc.api  # 0.6 s that the workers importing this module need not pay

    stage = os.environ.get("DVC_STAGE")
    if not stage:
        raise ParamsError("DVC_STAGE is not set: run the stage through DVC, for example `dvc repro predict@iter1`")
    values = dvc.api.params_show(stages=stage)
    # A stage may declare a section that only reruns it.
    return parse(cls, {name: values[name] for name in fields_of(cls) if name in values})


def read_yaml(path: Path, reader: YAML | None = None) -> dict[str, Any]:
    """Read a YAML mapping with DVC's parser by default, so that each value is the one that stages get.

    Raises:
        ParamsError: there is no such file, or it is no YAML or no mapping, naming the line.
    """
    try:
        data = (reader or YAML(typ="safe")).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise ParamsError(f"{path}: not UTF-8 text: {error}; convert the file") from error
    except (YAMLError, ValueError, RecursionError) as error:  # a date may have a 13th month, a list many levels
        fault, _, _ = one_line(error).partition(" To suppress this check")
        raise ParamsError(f"{path}: not valid YAML: {fault}") from error
    if not isinstance(data, dict):
        raise ParamsError(f"{path}: must be a mapping of sections")
    return data


def parse(cls: type[T], values: Any, where: str = "") -> T:
    """Turn the values of a section, or of several in a mapping, into `cls`.

    Args:
        cls: a section, or any type that pydantic knows.
        values: as YAML gives them.
        where: the dotted name of the section, for messages.

    Raises:
        ParamsError: a line for each unknown, missing or wrong key, with its dotted name and what would be right.
    """
    name = where or "a section"
    try:
        if faults := [*_keys_that_are_no_text(values, where)]:
            raise ParamsError(*(f"{PARAMS}: {fault}" for fault in faults))
        text = json.dumps(values)
    except TypeError as error:  # YAML has dates and bytes, which params have not
        raise ParamsError(f"{PARAMS}: `{name}`: put quotes around dates and binary data ({error})") from None
    except (ValueError, RecursionError) as error:
        raise ParamsError(f"{PARAMS}: `{name}`: a value contains itself, or is too long or deep ({error})") from None
    try:
        return typing.cast(T, _adapter(typing.cast(Any, cls)).validate_json(text, strict=True))
    except pydantic.ValidationError as error:
        raise ParamsError(*(f"{PARAMS}: {_fault(cls, where, fault)}" for fault in error.errors())) from None


def _keys_that_are_no_text(values: Any, where: str) -> Iterator[str]:
    """Yield a line for each key such as 2, true or a date, which JSON would turn into text and DVC does not."""
    for key, value in values.items() if isinstance(values, Mapping) else ():
        if isinstance(key, str):
            yield from _keys_that_are_no_text(value, f"{where}.{key}" if where else key)
        else:
            yield f"`{where or 'a section'}`: the key {key} is no text; put quotes around it"


def closest(name: str, known: Sequence[str]) -> str:
    """Return ` (did you mean ...?)` with the known name nearest to an unknown one, or an empty text."""
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean `{close[0]}`?)" if close else ""


def flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values within nested mappings, each with its dotted key."""
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def fields_of(cls: Any) -> list[str]:
    """Return the names of a section's keys; none for a type that is no section."""
    return [field.name for field in dataclasses.fields(cls)] if dataclasses.is_dataclass(cls) else []


@cache
def _adapter(cls: Any) -> TypeAdapter[Any]:
    return TypeAdapter(cls)


def _fault(cls: Any, where: str, error: Any) -> str:
    path, kind, message = error["loc"], error["type"], error["msg"]
    name = where
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    if kind == "unexpected_keyword_argument":
        return f"unknown key `{name}`{closest(str(path[-1]), fields_of(_type_at(cls, path[:-1])))}"
    if kind == "json_invalid":
        return f"`{where}`: not valid text: {error['ctx']['error']}"
    if kind == "missing":
        return f"missing key `{name}`"
    if kind == "value_error":
        return f"`{name}`: {error['ctx']['error']}"
    if kind == "string_pattern_mismatch":
        return f"`{name}` must match {error['ctx']['pattern']}, not {error['input']!r}"
    wanted = message.removeprefix("Input should ").removeprefix("be ")
    return f"`{name}` must be {_EXPECTED.get(wanted, wanted)}, not {error['input']!r}"


def _type_at(cls: Any, path: Sequence[Any]) -> Any:
    """Return the type of the value at a path of keys in a section."""
    cls = _plain(cls)
    for name in path:
        cls = _plain(typing.get_type_hints(cls)[name] if dataclasses.is_dataclass(cls) else typing.get_args(cls)[-1])
    return cls


def _plain(kind: Any) -> Any:
    """Return a type without `Annotated` and without `| None`."""
    if typing.get_origin(kind) is Annotated:
        kind = typing.get_args(kind)[0]
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        kind = next(arg for arg in typing.get_args(kind) if arg is not type(None))
    return kind
