"""The former `prepare_problems` section, with one source for all sets, put into today's words."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import yaml

_KEYS = {"source", "columns", "split", "extra", "procedural", "local", "hub"}


def new_lines(values: Mapping[str, Any]) -> str | None:
    """Return what to write in place of a section of the former form, as YAML in one line; None for another one."""
    if not _KEYS & values.keys() or "sets" in values:
        return None
    sets = {**_trained_on(values), **{name: _extra(extra) for name, extra in (values.get("extra") or {}).items()}}
    return yaml.safe_dump({"sets": sets}, default_flow_style=True, sort_keys=False, width=10_000).strip()


def _trained_on(values: Mapping[str, Any]) -> dict[str, Any]:
    source = values.get("source", "procedural")
    split, chosen = values.get("split") or {}, dict(values.get(source) or {})
    sizes = {"test": split.get("test"), "ood": split.get("ood"), "ood_groups": split.get("ood_groups")}
    limit = sum(split.get(part) or 0 for part in ("train", "test", "ood"))
    fields: dict[str, Any] = {"role": "train", "limit": limit, **{key: size for key, size in sizes.items() if size}}
    if source == "procedural":
        chosen.pop("dataset", None)
        return {"procedural": fields | chosen}
    columns = {"columns": _columns(values.get("columns") or {})}
    if source == "local":
        path = PurePosixPath(str(chosen.get("path")))
        return {path.stem: fields | {"path": f"data/raw/{path.name}"} | columns}
    return {str(chosen.get("id")).rpartition("/")[2]: fields | chosen | columns}


def _extra(extra: Mapping[str, Any]) -> dict[str, Any]:
    limit = {"limit": extra["limit"]} if extra.get("limit") else {}
    return {"role": "ood", "path": f"data/raw/{extra.get('file')}", **limit, "columns": _columns(extra["columns"])}


def _columns(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: column for name, column in columns.items() if column}
