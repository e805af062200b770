"""Disjoint, seeded splits: train and test by problem, out-of-distribution (OOD) problems by whole groups."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from stages.core.exceptions import ParamsError
from stages.core.records import Problem


@dataclass(frozen=True)
class SplitParams:
    """Numbers of problems; `ood` problems come from `ood_groups` groups that appear nowhere else."""

    train: int
    test: int
    ood: int
    ood_groups: int


@dataclass(frozen=True)
class Splits:
    """No problem is in two of them, and no group of `ood` is in `train` or `test`."""

    train: list[Problem]
    test: list[Problem]
    ood: list[Problem]


def split(pool: Sequence[Problem], params: SplitParams, rng: random.Random) -> Splits:
    """Draw the three sets from `pool`, each as even over its groups as their sizes allow.

    Raises:
        ParamsError: the pool is empty or has too few problems or groups.
    """
    if not pool:
        raise ParamsError("params.yaml: prepare_problems: the source holds no problem at all")
    if params.train < 1 or params.test < 1 or params.ood < 0:
        raise ParamsError("params.yaml: prepare_problems.split: train and test must be at least 1, ood at least 0")
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
    if not 1 <= params.ood_groups < len(groups):
        raise ParamsError(
            f"params.yaml: prepare_problems.ood_groups is {params.ood_groups}, but the problems have "
            f"{len(groups)} group(s) and some must remain; set ood to 0 or name a group column"
        )
    return rng.sample(groups, params.ood_groups)


def _interleaved(problems: list[Problem], rng: random.Random) -> list[Problem]:
    """Shuffle, then take one problem of each group in turn, so that every prefix is as even as can be."""
    by_group: dict[str, list[Problem]] = defaultdict(list)
    for problem in rng.sample(problems, len(problems)):
        by_group[problem.group].append(problem)
    ranked = [(rank, problem) for members in by_group.values() for rank, problem in enumerate(members)]
    return [problem for _, problem in sorted(ranked, key=lambda pair: pair[0])]
