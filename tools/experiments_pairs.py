"""Models of two experiments against each other, problem by problem where the outputs of both are there."""

import math
from typing import NamedTuple

from stages.core.grouping import grouped
from stages.core.metrics import Comparison, Comparisons
from stages.core.params import BASE
from stages.evaluation import pooled
from stages.evaluation.comparison import compare
from stages.reporting.families import FamilyShare
from stages.reporting.tables import AccuracyRow, ComparisonRow, comparison_row
from tools.experiments_data import Experiment

_SEED = 0  # of the resamples: the same experiments give the same page


class Pair(NamedTuple):
    """A model of an experiment against one of the first experiment, on a problem set.

    Attributes:
        name: of the experiment.
        measured: the accuracy of its model.
        first: the accuracy of the first experiment's model.
        row: both on the same problems; None where they are not paired.
        note: why they are not paired, or on how many problems they are, in a phrase; empty where it is on all.
    """

    name: str
    measured: AccuracyRow
    first: AccuracyRow
    row: ComparisonRow | None
    note: str


def against(first: Experiment, other: Experiment) -> list[Pair]:
    """Compare the models of the same name, and the last ones where their names differ; base where it is another."""
    names = [(name, name) for name in other.predictions if name in first.predictions]
    pairs = [
        one
        for old, new in dict.fromkeys([*names, (first.last, other.last)])
        for one in of_models(first, old, other, new)
    ]
    same_base = all(_is_same(one) for one in pairs if one.measured.iteration == BASE)
    return [one for one in pairs if one.measured.iteration != BASE or not same_base]


def _is_same(pair: Pair) -> bool:
    return pair.measured == pair.first and (pair.row is None or pair.row.fixed + pair.row.broken == 0)


def of_models(first: Experiment, old: str, other: Experiment, new: str) -> list[Pair]:
    """Compare two models on each problem set that both were measured on, and pooled over several."""
    compared = _compared(first, old, other, new)
    firsts = first.of(old)
    return [
        _pair(other.name, measured, firsts[name], compared if isinstance(compared, str) else compared.get(name))
        for name, measured in other.of(new).items()
        if name in firsts
    ]


def _pair(name: str, measured: AccuracyRow, first: AccuracyRow, compared: Comparison | str | None) -> Pair:
    if isinstance(compared, str):
        return Pair(name, measured, first, None, compared)
    if compared is None or compared.problems == 0:
        return Pair(name, measured, first, None, "not paired: no problem in common")
    row = comparison_row(measured.iteration, first.iteration, measured.problem_set, compared)
    is_partial = compared.problems < max(measured.scored, first.scored)
    return Pair(name, measured, first, row, f"{compared.problems} problems in common" if is_partial else "")


def _compared(first: Experiment, old: str, other: Experiment, new: str) -> dict[str, Comparison] | str:
    """Return the comparisons by problem set, or why there are none."""
    before, after = first.predictions[old], other.predictions[new]
    if isinstance(before, str):
        return f"not paired: {first.name}'s {before}"
    if isinstance(after, str):
        return f"not paired: {other.name}'s {after}"
    engines = sorted({row.engine for row in (*before, *after)})
    if len(engines) > 1:
        return f"not paired: written by {' and '.join(engines)}"
    olds, news = (grouped(rows, lambda one: one.problem_set) for rows in (before, after))
    sets = {name: compare(olds[name], rows, _SEED) for name, rows in news.items() if name in olds}
    roles = pooled.comparisons({name: Comparisons(one, one) for name, one in sets.items()}, _SEED)
    return sets | {role: both.base for role, both in roles.items()}


def share_difference(first: FamilyShare, other: FamilyShare) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two shares, of which none is None.

    It takes the failures for independent, though some are on the same problems. Source: Newcombe 1998, method 10.
    """
    old, new = first.share or 0.0, other.share or 0.0
    below = math.hypot(new - other.low, first.high - old)
    above = math.hypot(other.high - new, old - first.low)
    return new - old - below, new - old + above
