"""The problem sets of a run: each read from its source, cut into parts, and kept apart from those held out."""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from stages.core.exceptions import ParamsError, RecordsError, one_line
from stages.core.metrics import ProblemCounts
from stages.problems import hub, local, procedural
from stages.problems.reading import Pool, read_rows
from stages.problems.settings import PROCEDURAL, RAW, SetSpec, needs_test
from stages.problems.splits import Parts, Sizes, interleaved, split

_TEST_SHARE = 5  # a fifth of a train set is its test set, where its domain has none
_SHOWN = 5
_FIRST = {"test": 0, "ood": 0, "dev": 1, "train": 2}  # a problem in several sets stays in the first of these


@dataclass(frozen=True)
class PreparedSet:
    """A set with its problems by role, and the counts of what became of its rows."""

    name: str
    parts: Parts
    counts: ProblemCounts


def prepare(specs: list[SetSpec], raw: Path, seed: int) -> list[PreparedSet]:
    """Read all sets, those of `data/raw` from the folder `raw`, and return them in their order.

    Raises:
        ParamsError: a set has too few problems for its parts.
        SourceError: a data set cannot be had.
        RecordsError: a malformed file, faulty rows, or problems that a set shares with one that is held out.
    """
    taken: dict[str, SetSpec] = {}
    done = {}
    for spec in sorted(specs, key=lambda spec: _FIRST[spec.role]):
        # By name too, so that a generated set does not repeat the one that is trained on.
        rng = random.Random(seed if spec.role == "train" else f"{seed}:{spec.name}")
        pool, source = _load(spec, raw, rng)
        _keep_apart(pool, spec, taken)
        parts = _parts(pool, spec, specs, rng)
        taken |= {one_line(problem.question): spec for problem in parts.problems}
        done[spec.name] = PreparedSet(spec.name, parts, _counts(spec, source, pool, parts))
    return [done[spec.name] for spec in specs]


def _load(spec: SetSpec, raw: Path, rng: random.Random) -> tuple[Pool, str]:
    """Return the problems of a set, and where they come from in words."""
    if spec.of == PROCEDURAL:
        # Twice as many as asked for: the OOD problems of a train set are of some groups only.
        count = 2 * (spec.limit or 0)
        problems = procedural.generate(spec, count, rng, math.ceil(spec.ood / max(1, spec.ood_groups)))
        return Pool(problems, len(problems)), "generated"
    if spec.path:
        return read_rows(local.rows(raw / PurePosixPath(spec.path).relative_to(RAW)), spec), spec.path
    commit = hub.commit_of(spec)
    return read_rows(hub.rows(spec, commit), spec), f"{spec.id} {spec.split} at {commit}"


def _keep_apart(pool: Pool, spec: SetSpec, taken: Mapping[str, SetSpec]) -> None:
    """Take out of a train or dev set what is in a set of an earlier rank, or of an earlier train set.

    Raises:
        RecordsError: there is something, and `duplicates` is `refuse`.
    """
    shared = {
        problem.question: other.name
        for problem in pool.problems
        if (other := taken.get(one_line(problem.question)))
        and (spec.role == "train" or _FIRST[other.role] < _FIRST[spec.role])
    }
    if shared and spec.duplicates == "refuse":
        named = "; ".join(f"{question[:60]!r} is in {other}" for question, other in list(shared.items())[:_SHOWN])
        raise RecordsError(
            f"prepare_problems.sets.{spec.name}: {len(shared)} of its problems are in other sets: {named}; "
            "take them out of one, or set `duplicates: drop`"
        )
    if shared:
        pool.left_out["in other sets"] += len(shared)
        pool.problems = [problem for problem in pool.problems if problem.question not in shared]


def _parts(pool: Pool, spec: SetSpec, specs: list[SetSpec], rng: random.Random) -> Parts:
    """Cut a train set; the whole of another one is the part of its role."""
    generated = spec.limit if spec.of == PROCEDURAL else None
    if spec.role != "train":
        return Parts(**{spec.role: interleaved(pool.problems, rng)[:generated] if generated else pool.problems})
    test = spec.test or (max(1, (generated or len(pool.problems)) // _TEST_SHARE) if needs_test(spec, specs) else 0)
    train = None if generated is None else generated - spec.dev - test - spec.ood
    if train is not None and train < 1:
        raise ParamsError(f"params.yaml: prepare_problems.sets.{spec.name}: its parts leave nothing to train on")
    return split(pool.problems, Sizes(train, spec.dev, test, spec.ood, spec.ood_groups), rng, spec.name)


def _counts(spec: SetSpec, source: str, pool: Pool, parts: Parts) -> ProblemCounts:
    return ProblemCounts(
        name=spec.name,
        source=source,
        rows=pool.rows,
        left_out=dict(sorted(pool.left_out.items())),
        train=len(parts.train),
        dev=len(parts.dev),
        test=len(parts.test),
        ood=len(parts.ood),
        faulty_golds=sum(problem.gold_fault is not None for problem in parts.problems),
    )
