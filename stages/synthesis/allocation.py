"""How many new problems each error type gets."""

from collections.abc import Mapping


def allocate(sizes: Mapping[str, int], total: int) -> dict[str, int]:
    """Divide `total` over types in proportion to their sizes, at least one each, by largest remainders.

    More types than `total` leave the smallest types with nothing. The parts sum to `total` unless there are no types.
    """
    ordered = sorted(sizes, key=lambda key: (-sizes[key], key))[:total]
    weight = sum(sizes[key] for key in ordered)
    spare = total - len(ordered)
    exact = {key: spare * sizes[key] / weight for key in ordered}
    parts = {key: 1 + int(exact[key]) for key in ordered}
    by_remainder = sorted(ordered, key=lambda key: (int(exact[key]) - exact[key], key))
    for key in by_remainder[: total - sum(parts.values())]:
        parts[key] += 1
    return {key: parts.get(key, 0) for key in sizes}
