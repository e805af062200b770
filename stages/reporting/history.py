"""Families and error types across iterations: which shrank, which came back, which are new.

A type is followed by its id: its name may change between iterations, and two types may have the same name.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from stages.core.params import BASE
from stages.core.records import UNASSIGNED
from stages.reporting.families import TRAIN, Family, FamilyShare
from stages.reporting.results import Results


@dataclass(frozen=True)
class TypeHistory:
    """An error type across the iterations.

    Attributes:
        id: of the type.
        name: its latest name, made unique.
        sizes: its bad cases in each iteration.
        changes: its change in each iteration, in words; empty where it is absent and was never there before.
    """

    id: str
    name: str
    sizes: dict[str, int]
    changes: dict[str, str]


@dataclass(frozen=True)
class FamilyHistory:
    """A family of errors on training problems across the iterations.

    Attributes:
        family: its name.
        shares: its share in each iteration.
        types: its bad cases in each iteration by the id of their error type, the largest type first.
    """

    family: Family
    shares: dict[str, FamilyShare]
    types: dict[str, dict[str, int]]


def family_histories(results: Results) -> list[FamilyHistory]:
    """Return the families with a failure on a training problem, in their order."""
    rows = {(row.family, row.iteration): row for row in results.families if row.problem_set == TRAIN}
    histories = []
    for family in Family if rows else ():
        shares = {one.name: rows[family, one.name] for one in results.iterations}
        types: dict[str, dict[str, int]] = {}
        for one in results.iterations:
            for key, counts in one.type_families.items():
                if counts[family]:
                    types.setdefault(key, {})[one.name] = counts[family]
        if any(share.outputs for share in shares.values()):
            largest_first = sorted(types.items(), key=lambda item: -sum(item[1].values()))
            histories.append(FamilyHistory(family, shares, dict(largest_first)))
    return histories


def type_histories(results: Results) -> list[TypeHistory]:
    """Return all error types, the largest in the first iteration that has it first."""
    by_iteration = {
        iteration.name: {
            kind.id: kind.size for kind in sorted(iteration.error_types.types, key=lambda kind: -kind.size)
        }
        for iteration in results.iterations
    }
    ancestry = _ancestry(results)
    names = type_names(results)
    histories = []
    for type_id in dict.fromkeys(type_id for sizes in by_iteration.values() for type_id in sizes):
        sizes = {name: by_type.get(type_id, 0) for name, by_type in by_iteration.items()}
        changes = {name: change([sizes[ancestor] for ancestor in line]) for name, line in ancestry.items()}
        if names[type_id] == UNASSIGNED:
            changes = dict.fromkeys(changes, "")
        histories.append(TypeHistory(type_id, names[type_id], sizes, changes))
    return histories


def type_names(results: Results) -> dict[str, str]:
    """Return the latest name of each type by its id, with the start of the id where several types share it."""
    names = {kind.id: kind.name for iteration in results.iterations for kind in iteration.error_types.types}
    uses = Counter(names.values())
    return {key: name if uses[name] == 1 else f"{name} ({key[:4]})" for key, name in names.items()}


def change(sizes: Sequence[int]) -> str:
    """Return the change of a type in the last iteration of a branch, in words.

    Args:
        sizes: its bad cases in each iteration of the branch, the first after base first.
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


def _ancestry(results: Results) -> dict[str, list[str]]:
    """Return the branch of each iteration: its ancestors after base, the oldest first, and itself."""
    parents = {model.name: model.parent for model in results.models}

    def line(name: str | None) -> list[str]:
        return [] if name is None or name == BASE else [*line(parents[name]), name]

    return {iteration.name: line(iteration.name) for iteration in results.iterations}
