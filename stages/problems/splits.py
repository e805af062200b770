"""Disjoint, seeded parts of a train set: train, dev and test by problem, out-of-distribution (OOD) by whole groups."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from stages.core.exceptions import ParamsError
from stages.core.records import Problem


@dataclass(frozen=True)
class Sizes:
    """Numbers of problems; the `ood` ones come from `ood_groups` groups that appear in no other part.

    `train` is None for all that the other parts leave.
    """

    train: int | None
    dev: int
    test: int
    ood: int
    ood_groups: int


@dataclass(frozen=True)
class Parts:
    """Disjoint lists of problems; no group of `ood` is in another one."""

    train: list[Problem] = field(default_factory=list)
    dev: list[Problem] = field(default_factory=list)
    test: list[Problem] = field(default_factory=list)
    ood: list[Problem] = field(default_factory=list)

    @property
    def problems(self) -> list[Problem]:
        """The problems of all parts."""
        return [*self.train, *self.dev, *self.test, *self.ood]


def split(pool: Sequence[Problem], sizes: Sizes, rng: random.Random, name: str) -> Parts:
    """Draw the parts of the set `name` from its problems.

    A part of known size is balanced over the groups as far as their sizes allow; where all problems are used, each part
    has the mixture of the whole.

    Raises:
        ParamsError: there are too few problems or groups.
    """
    groups = sorted({problem.group for problem in pool})
    held_out = set(_held_out(groups, sizes, rng, name))
    order = _shuffled if sizes.train is None else interleaved
    seen = order([p for p in pool if p.group not in held_out], rng)
    unseen = interleaved([p for p in pool if p.group in held_out], rng)
    cut = sizes.test + sizes.dev
    train = max(1, len(seen) - cut) if sizes.train is None else sizes.train
    for part, have, need in (("train, dev and test", seen, train + cut), ("ood", unseen, sizes.ood)):
        if len(have) < need:
            raise ParamsError(
                f"params.yaml: prepare_problems.sets.{name}: {part} need {need} problems, there are {len(have)}"
            )
    test, dev = train + sizes.test, train + cut
    return Parts(seen[:train], seen[test:dev], seen[train:test], unseen[: sizes.ood])


def _held_out(groups: list[str], sizes: Sizes, rng: random.Random, name: str) -> list[str]:
    if not sizes.ood:
        return []
    if sizes.ood_groups >= len(groups):
        raise ParamsError(
            f"params.yaml: prepare_problems.sets.{name}: ood_groups is {sizes.ood_groups}, but the problems have "
            f"{len(groups)} group(s) and some must remain; set ood to 0 or name a column as `columns.group`"
        )
    return rng.sample(groups, sizes.ood_groups)


def _shuffled(problems: list[Problem], rng: random.Random) -> list[Problem]:
    return rng.sample(problems, len(problems))


def interleaved(problems: list[Problem], rng: random.Random) -> list[Problem]:
    """Shuffle, then take one problem of each group in turn, so that every prefix is balanced."""
    by_group: dict[str, list[Problem]] = defaultdict(list)
    for problem in _shuffled(problems, rng):
        by_group[problem.group].append(problem)
    ranked = [(rank, problem) for members in by_group.values() for rank, problem in enumerate(members)]
    return [problem for _, problem in sorted(ranked, key=lambda pair: pair[0])]
