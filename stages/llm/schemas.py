"""JSON schemas in the subset that strict servers take: each object names all its keys and allows no other."""

import json
from typing import Any


def properties(**fields: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of an object with exactly these fields."""
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def list_of(**fields: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a list of objects with exactly these fields."""
    return {"type": "array", "items": properties(**fields)}


def object_schema(**fields: dict[str, Any]) -> str:
    """Return the same as JSON text, for the root of a schema."""
    return json.dumps(properties(**fields))
