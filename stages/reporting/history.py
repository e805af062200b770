"""Error types across iterations: which shrank, which came back, which are new."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stages.pipeline.params import BASE
from stages.pipeline.records import UNASSIGNED
from stages.reporting.results import Iteration, Results


@dataclass(frozen=True)
class TypeHistory:
    """An error type, by name; for each iteration its bad cases and in words what became of it, empty where it is absent
    and was never there before."""

    name: str
    sizes: dict[str, int]
    changes: dict[str, str]


def type_histories(results: Results) -> list[TypeHistory]:
    """Return all error types, the largest in the first iteration that has it first."""
    sizes = {iteration.name: _sizes(iteration) for iteration in results.iterations}
    ancestors = _ancestors(results)
    names = dict.fromkeys(name for found in sizes.values() for name in found)
    return [
        TypeHistory(
            name,
            {iteration: found[name] for iteration, found in sizes.items()},
            {iteration: change(name, sizes, [*ancestors[iteration], iteration]) for iteration in sizes},
        )
        for name in names
    ]


def change(name: str, sizes: Mapping[str, Mapping[str, int]], line: Sequence[str]) -> str:
    """Say in words what became of a type in the last iteration of a line of descent; nothing of `unassigned`, no type.

    Args:
        name: the type.
        sizes: the bad cases of each type, by iteration.
        line: the iterations from the first after base to the one that is meant.
    """
    if name == UNASSIGNED:
        return ""
    *earlier, now = [sizes[iteration].get(name, 0) for iteration in line]
    if not any(earlier):
        return "new" if now and earlier else ""
    if now and not earlier[-1]:
        return "came back"
    if not now:
        return "gone" if earlier[-1] else "still gone"
    if now == earlier[-1]:
        return "unchanged"
    return "shrank" if now < earlier[-1] else "grew"


def _sizes(iteration: Iteration) -> Counter[str]:
    counts: Counter[str] = Counter()
    for found in sorted(iteration.error_types, key=lambda found: -found["size"]):
        counts[found["name"]] += found["size"]
    return counts


def _ancestors(results: Results) -> dict[str, list[str]]:
    """Return for each iteration those that it descends from, the oldest first."""
    parents = {model.name: model.parent for model in results.models}

    def above(name: str) -> list[str]:
        parent = parents[name]
        return [] if parent is None or parent == BASE else [*above(parent), parent]

    return {iteration.name: above(iteration.name) for iteration in results.iterations}
