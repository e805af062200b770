"""Inputs of scores that are written in a line."""

import random

from stages.core.records import Candidate, Case
from stages.core.verdict import Verdict
from stages.selection.scores.interface import Outcome, ScoreInputs
from stages.selection.trial_cases import TrialCases


def case(name):
    return Case(
        name, f"r-{name}", f"p-{name}", "?", "#### 2", "2", "", False, None, Verdict.WRONG, "sums", "", None, 1, 0.0
    )


def candidate(name, error_type):
    return Candidate(name, "?", "#### 2", "2", error_type, [], "", "sei", [], None, "sums", "votes", None)


def trial_cases(bad, good):
    names = [f"b{i}" for i in range(bad)]
    return TrialCases([case(name) for name in names], [case(f"g{i}") for i in range(good)], dict.fromkeys(names, "t1"))


def one_each(candidates):
    """Return one training row of each candidate."""
    return {one.id: 1 for one in candidates}


def tried(rows, gains=None, types=None):
    """Inputs from a row for each candidate, such as `1-|0`: bad cases, then good ones; `-` is a failed trial.

    Gains are those of all its cases by candidate, 0 unless given; types are of candidates.
    """
    sizes = {tuple(len(half) for half in (*row.split("|"), "")[:2]) for row in rows.values()}
    ((bad, good),) = sizes
    case_ids = [f"b{i}" for i in range(bad)] + [f"g{i}" for i in range(good)]
    values = {"1": True, "0": False, "-": None}
    outcomes = {
        name: {
            case_id: Outcome(values[mark], gain)
            for case_id, mark, gain in zip(
                case_ids, row.replace("|", ""), (gains or {}).get(name, [0.0] * len(case_ids)), strict=True
            )
        }
        for name, row in rows.items()
    }
    candidates = [candidate(name, (types or {}).get(name, "t1")) for name in rows]
    cases = trial_cases(bad, good)
    return ScoreInputs(candidates, cases, outcomes, one_each(candidates), {}, random.Random(0))
