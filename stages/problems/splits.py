"""Disjoint, seeded splits: train and test by problem, out-of-distribution (OOD) problems by whole groups."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from pydantic import model_validator

from stages.core.exceptions import ParamsError
from stages.core.params import Count, CountOrZero, section
from stages.core.records import Problem


@section
class SplitParams:
    """Numbers of problems; `ood` problems come from `ood_groups` groups that appear nowhere else."""

    train: Count
    test: Count
    ood: CountOrZero
    ood_groups: CountOrZero

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.ood and not self.ood_groups:
            raise ValueError("ood problems need groups of their own: ood_groups must be at least 1, or ood 0")
        return self


@dataclass(frozen=True)
class Splits:
    """Disjoint sets of problems; no group of `ood` is in `train` or `test`."""

    train: list[Problem]
    test: list[Problem]
    ood: list[Problem]


def split(pool: Sequence[Problem], params: SplitParams, rng: random.Random) -> Splits:
    """Draw the three sets from `pool`, each balanced over its groups as far as their sizes allow.

    Raises:
        ParamsError: the pool is empty or has too few problems or groups.
    """
    if not pool:
        raise ParamsError("params.yaml: prepare_problems: the source holds no problem at all")
    groups = sorted({problem.group for problem in pool})
    held_out = set(_held_out(groups, params, rng))
    seen = _interleaved([p for p in pool if p.group not in held_out], rng)
    unseen = _interleaved([p for p in pool if p.group in held_out], rng)
    for name, have, need in (
        ("train and test", seen, params.train + params.test),
        ("ood", unseen, params.ood),
    ):
        if len(have) < need:
            raise ParamsError(f"params.yaml: prepare_problems: {name} need {need} problems, there are {len(have)}")
    return Splits(seen[: params.train], seen[params.train : params.train + params.test], unseen[: params.ood])


def _held_out(groups: list[str], params: SplitParams, rng: random.Random) -> list[str]:
    if not params.ood:
        return []
    if params.ood_groups >= len(groups):
        raise ParamsError(
            f"params.yaml: prepare_problems.split.ood_groups is {params.ood_groups}, but the problems have "
            f"{len(groups)} group(s) and some must remain; set ood to 0 or name a group column"
        )
    return rng.sample(groups, params.ood_groups)


def _interleaved(problems: list[Problem], rng: random.Random) -> list[Problem]:
    """Shuffle, then take one problem of each group in turn, so that every prefix is balanced."""
    by_group: dict[str, list[Problem]] = defaultdict(list)
    for problem in rng.sample(problems, len(problems)):
        by_group[problem.group].append(problem)
    ranked = [(rank, problem) for members in by_group.values() for rank, problem in enumerate(members)]
    return [problem for _, problem in sorted(ranked, key=lambda pair: pair[0])]
