"""Error types across iterations: which shrank, which came back, which are new.

A type is followed by its id. Its name may change from one iteration to the next, and two types may bear the same one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from stages.core.params import BASE
from stages.core.records import UNASSIGNED
from stages.reporting.results import Iteration, Results


@dataclass(frozen=True)
class TypeHistory:
    """An error type; for each iteration its bad cases and in words what became of it, empty where it is absent and was
    never there before. `name` is its last one, told apart from those of other types."""

    id: str
    name: str
    sizes: dict[str, int]
    changes: dict[str, str]


def type_histories(results: Results) -> list[TypeHistory]:
    """Return all error types, the largest in the first iteration that has it first."""
    found = {iteration.name: _sizes(iteration) for iteration in results.iterations}
    lines = _lines_of_descent(results)
    names = type_names(results)
    histories = []
    for identity in dict.fromkeys(identity for sizes in found.values() for identity in sizes):
        sizes = {name: types.get(identity, 0) for name, types in found.items()}
        changes = {name: change([sizes[one] for one in line]) for name, line in lines.items()}
        if names[identity] == UNASSIGNED:
            changes = dict.fromkeys(changes, "")
        histories.append(TypeHistory(identity, names[identity], sizes, changes))
    return histories


def type_names(results: Results) -> dict[str, str]:
    """Return the last name of each type by its id, with the start of the id where several types bear it."""
    names = {found["id"]: found["name"] for iteration in results.iterations for found in iteration.error_types}
    bearers = Counter(names.values())
    return {key: name if bearers[name] == 1 else f"{name} ({key[:4]})" for key, name in names.items()}


def change(sizes: Sequence[int]) -> str:
    """Say in words what became of a type in the last of the iterations of a line of descent.

    Args:
        sizes: its bad cases from the first iteration after base to the one that is meant.
    """
    *earlier, now = sizes
    if not any(earlier):
        return "new" if now and earlier else ""
    if now and not earlier[-1]:
        return "came back"
    if not now:
        return "gone" if earlier[-1] else "still gone"
    if now == earlier[-1]:
        return "unchanged"
    return "shrank" if now < earlier[-1] else "grew"


def _sizes(iteration: Iteration) -> dict[str, int]:
    return {found["id"]: found["size"] for found in sorted(iteration.error_types, key=lambda found: -found["size"])}


def _lines_of_descent(results: Results) -> dict[str, list[str]]:
    """Return for each iteration those that it descends from, the oldest first, and itself at the end."""
    parents = {model.name: model.parent for model in results.models}

    def line(name: str | None) -> list[str]:
        return [] if name is None or name == BASE else [*line(parents[name]), name]

    return {iteration.name: line(iteration.name) for iteration in results.iterations}
