"""Development sets and attempts that are written in a line."""

from stages.core.records import Case
from stages.core.verdict import Verdict
from stages.selection.development import DevelopmentSet
from stages.selection.ranking import Attempt, Outcome


def case(name):
    return Case(name, f"r-{name}", f"p-{name}", "?", "#### 2", "2", "", None, Verdict.WRONG)


def development(bad, good):
    names = [f"b{i}" for i in range(bad)]
    return DevelopmentSet(
        [case(name) for name in names], [case(f"g{i}") for i in range(good)], dict.fromkeys(names, "t1")
    )


def attempt(name, solved="", gains=(), group=""):
    """An attempt from outcomes such as `1-|0`: bad cases, then good ones; `-` is a failed trial, `.` an open one."""
    bad, _, good = solved.partition("|")
    keys = [f"b{i}" for i in range(len(bad))] + [f"g{i}" for i in range(len(good))]
    gains = gains or [0.0] * len(keys)
    values = {"1": True, "0": False, "-": None}
    return Attempt(
        name,
        group,
        {
            key: Outcome(values[mark], gain)
            for key, mark, gain in zip(keys, bad + good, gains, strict=True)
            if mark != "."
        },
    )
