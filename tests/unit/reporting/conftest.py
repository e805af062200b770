"""Results by hand: base and two iterations, the second without graded OOD problems."""

import pytest

from stages.reporting.results import Iteration, Model, Results
from stages.reporting.tables import MISTAKES

VERDICTS = {"correct": 0, "wrong": 0, "no_answer": 0, "truncated": 0, "ungradable": 0, "failed": 0}


def measured(correct, scored, low, high, **verdicts):
    return {
        "problems": 100,
        "scored": scored,
        "correct": correct,
        "accuracy": correct / scored if scored else None,
        "interval": [low, high],
        "verdicts": VERDICTS | {"correct": correct} | verdicts,
    }


def compared(fixed, broken, low, high, p, measurable, problems=80):
    """A comparison; the slips are those that were fixed and broken, out of 40 before and 21 after."""
    return {
        "problems": problems,
        "fixed": fixed,
        "broken": broken,
        "difference": (fixed - broken) / problems if problems else None,
        "interval": [low, high],
        "p": p,
        "measurable": measurable,
        "mistakes": {"arithmetic_slip": {"before": 40, "after": 21, "fixed": fixed, "broken": broken}},
    }


NOTHING = compared(0, 0, -1.0, 1.0, 1.0, False, problems=0) | {"mistakes": {}}


def found_type(name, size, share):
    """An error type; its id begins with its name."""
    return {
        "id": f"{name}-id",
        "name": name,
        "size": size,
        "share": share,
        "silhouette": 0.5,
        "central_keyphrases": [name, f"{name} again"],
    }


def iteration(name, types, loss):
    return Iteration(
        name=name,
        bad_cases={"problems": 60, "bad": 40, "verdicts": VERDICTS},
        error_types=types,
        synthesis={"accepted": 20, "by_type": {}, "rejected": {"near copy": 3, "no equations": 2}, "shortfall": 0},
        selection={"candidates": 20, "kept": 16, "helped": 10, "development_cases": {"bad": 2, "good": 1}},
        training={"rows": 15, "too_long": 1, "loss": 0.4},
        loss=loss,
    )


@pytest.fixture
def results():
    return Results(
        [
            Model("base", None, 0, {
                "test": measured(10, 100, 0.05, 0.17, wrong=90),
                "ood/unseen": measured(0, 0, 0.0, 1.0, ungradable=100),
            }, {}),
            Model("iter1", "base", 1, {
                "test": measured(30, 80, 0.28, 0.48, wrong=50, failed=20),
                "ood/unseen": measured(0, 0, 0.0, 1.0, ungradable=100),
            }, {
                "test": dict.fromkeys(("base", "parent"), compared(22, 2, 0.15, 0.35, 0.00004, True)),
                "ood/unseen": dict.fromkeys(("base", "parent"), NOTHING),
            }),
        ],
        [iteration("iter1", [found_type("slips", 30, 0.75), found_type("units", 10, 0.25)], [(1, 2.5), (4, 0.5)])],
    )  # fmt: skip


@pytest.fixture
def hostile():
    """Names as an instructor or a user could write them, where HTML would take them for markup."""
    name = "<script>alert('x')</script> & co"
    evaluation = {"test": measured(1, 10, 0.1, 0.3), f"ood/{name}": measured(2, 10, 0.1, 0.3)}
    found = compared(1, 0, 0.0, 0.3, 1.0, False) | {"mistakes": {name: dict.fromkeys(MISTAKES[4:], 1)}}
    comparisons = {group: {"base": found, "parent": found} for group in evaluation}
    models = [Model("base", None, 0, evaluation, {}), Model(name, "base", 1, evaluation, comparisons)]
    return Results(models, [iteration(name, [found_type(name, 3, 1.0)], [(1, 1.0)])])


@pytest.fixture
def traces():
    """What `trace_cases` writes of one iteration with one bad case."""
    case = {
        "id": "c1",
        "question": "Q?",
        "solution": "1 + 1 = 2",
        "answer": "2",
        "output": "1 + 1 = 3",
        "verdict": "wrong",
    }
    return [
        {"iteration": "iter1", "parent": "base", "types": [], "cases": [case], "candidates": [],
         "held_out": []}
    ]  # fmt: skip


@pytest.fixture
def used():
    """What a paid instructor cost in two stages."""
    return {
        "iter1": {
            "generate_keyphrases": {"requests": 40, "input_tokens": 20_000, "output_tokens": 1500, "dollars": 0.06},
            "synthesize_data": {"requests": 9, "input_tokens": 8000, "output_tokens": 12_000, "dollars": 1.5},
        },
        "total": {"requests": 49, "input_tokens": 28_000, "output_tokens": 13_500, "dollars": 1.56},
    }


@pytest.fixture
def unpaid():
    """The account of an instructor that costs nothing."""
    return {"total": {"requests": 0, "input_tokens": 0, "output_tokens": 0, "dollars": 0.0}}


@pytest.fixture
def provenance():
    """A run of three stages, 1,258 seconds, on two cores."""
    seconds = {"evaluate_base": 8.4, "predict@iter1": 50.0, "train@iter1": 1200.0}
    return {
        "written": "2026-11-25T12:00:00+00:00",
        "git": {"commit": "0" * 40, "changed": True},
        "python": "3.11.2",
        "packages": {"torch": "2.13.0"},
        "machine": {"system": "Linux x86_64", "processor": "A Processor", "cores": 2, "memory_gb": 8.0, "gpus": []},
        "instructor": {"provider": "symbolic"},
        "stages": {
            name: {"finished": "2026-11-25T11:00:00+00:00", "seconds": value} for name, value in seconds.items()
        },
        "untimed": [],
    }
