"""Results by hand: base and an iteration, without graded OOD problems."""

from collections import Counter
from dataclasses import asdict, replace

import pytest

from stages.core import metrics
from stages.core.files import write_json
from stages.core.verdict import Verdict
from stages.reporting.families import Family, shares
from stages.reporting.results import Iteration, Model, Results

VERDICTS = dict.fromkeys(Verdict, 0)


def measured(correct, scored, low, high, **verdicts):
    counts = VERDICTS | {Verdict(name): count for name, count in verdicts.items()} | {Verdict.CORRECT: correct}
    accuracy = correct / scored if scored else None
    rates = [(1.0, correct), (0.0, scored - correct)]
    return metrics.Evaluation(
        100, scored, correct, accuracy, (low, high), counts, {}, 9000, "transformers", 1, rates, None
    )


def compared(fixed, broken, low, high, p, measurable, problems=80):
    """A comparison; the slips are those that were fixed and broken, out of 40 before and 21 after."""
    difference = (fixed - broken) / problems if problems else None
    mistakes = {"arithmetic_slip": metrics.MistakeChange(before=40, after=21, fixed=fixed, broken=broken)}
    changes = [(1.0, fixed), (-1.0, broken), (0.0, problems - fixed - broken)]
    return metrics.Comparison(problems, fixed, broken, difference, (low, high), p, measurable, mistakes, changes)


def both(comparison):
    """A comparison of a model whose parent is base."""
    return metrics.Comparisons(comparison, comparison)


NOTHING = replace(compared(0, 0, -1.0, 1.0, 1.0, False, problems=0), mistakes={})


def error_type(name, size, share):
    """An error type; its id begins with its name."""
    return metrics.TypeChange(
        f"{name}-id", name, "", size, share, [name, f"{name} again"], 0.5, "", "new", None, "iter1"
    )


def types(*found):
    return metrics.TypeCounts(list(found), [], {}, 0, None)


def iteration(name, error_types, loss):
    tried_on = metrics.TrialCaseCounts(2, 1, {})
    return Iteration(
        name=name,
        bad_cases=metrics.BadCaseCounts(
            problems=60, bad=40, verdicts=VERDICTS, disagreements=0, engine="vllm", sets={}, samples=1, pass_rate=0.3333
        ),
        keyphrases=metrics.KeyphraseCounts(40, {}, None),
        error_types=types(*error_types),
        synthesis=metrics.SynthesisCounts(
            20, 0, {}, {"near copy": 3, "no equations": 2}, shortfall=0, usage=None, by_set={"b": 7}
        ),
        solving=metrics.SolvingCounts(
            20, 18, 18, {"worked": metrics.AuthorCounts(20, 20, {Verdict.CORRECT: 20}, 20, 18)}, {}, None, None
        ),
        selection=metrics.SelectionCounts(20, 16, 10, 0, 0, 0, tried_on, 60, 0, "transformers", {"a": 9}, 0, 16, 0),
        training=metrics.TrainingCounts(
            rows=15,
            too_long=1,
            tokens=700,
            loss=0.4,
            merged_same=8,
            merged_prompts=8,
            validation=None,
            preferences=None,
        ),
        loss=loss,
    )


def write_metrics(folder, results):
    """Write what the stages would have measured where `results` is what was collected."""
    for model in results.models:
        evaluation = {name: asdict(value) for name, value in model.evaluation.items()}
        write_json(folder / model.name / "evaluate.json", evaluation)
        if model.comparisons:
            comparisons = {name: asdict(value) for name, value in model.comparisons.items()}
            write_json(folder / model.name / "compare.json", comparisons)
    write_json(folder / "problems.json", [asdict(one) for one in results.problems])
    for one in results.iterations:
        counts = {
            "extract_bad_cases": one.bad_cases, "generate_keyphrases": one.keyphrases, "train": one.training,
            "cluster_keyphrases": one.error_types, "synthesize_data": one.synthesis, "select_data": one.selection,
            "solve_candidates": one.solving,
        }  # fmt: skip
        for stage, counted in counts.items():
            write_json(folder / one.name / f"{stage}.json", counted)


@pytest.fixture
def results():
    return Results(
        [
            Model("base", None, 0, {
                "test/sums": measured(10, 100, 0.05, 0.17, wrong=90),
                "ood/unseen": measured(0, 0, 0.0, 1.0, ungradable=100),
            }, {}),
            Model("iter1", "base", 1, {
                "test/sums": measured(30, 80, 0.28, 0.48, wrong=50, failed=20),
                "ood/unseen": measured(0, 0, 0.0, 1.0, ungradable=100),
            }, {
                "test/sums": both(compared(22, 2, 0.15, 0.35, 0.00004, True)),
                "ood/unseen": both(NOTHING),
            }),
        ],
        [iteration("iter1", [error_type("slips", 30, 0.75), error_type("units", 10, 0.25)], [(1, 2.5), (4, 0.5)])],
    )  # fmt: skip


@pytest.fixture
def several(results):
    """The results where the last model was measured on two test sets, pooled, and on a dev set."""
    base, last = results.models
    more = {"test": 0.6, "test/products": 0.9, "dev/sums": 0.5}
    evaluation = last.evaluation | {
        name: replace(last.evaluation["test/sums"], accuracy=share, correct=40) for name, share in more.items()
    }
    one = last.comparisons["test/sums"].base
    comparisons = last.comparisons | {name: both(replace(one, difference=share)) for name, share in more.items()}
    models = [replace(model, evaluation=evaluation, comparisons=comparisons) for model in (base, last)]
    return replace(results, models=[replace(models[0], comparisons={}), models[1]])


@pytest.fixture
def sampled(results):
    """The results where four samples of each problem were drawn: 30 of 80 problems in the mean, 33 by majority."""
    majority = metrics.Majority(33, 0.4125, (0.31, 0.52))
    models = [
        replace(model, evaluation={
            name: replace(one, samples=4, correct=30.25, accuracy=0.3781, majority=majority)
            for name, one in model.evaluation.items() if one.scored
        })
        for model in results.models
    ]  # fmt: skip
    sets = {"sums": metrics.SetCases(60, 40, VERDICTS, 0.2875)}
    tried = [replace(one, bad_cases=replace(one.bad_cases, samples=4, sets=sets)) for one in results.iterations]
    return replace(results, models=models, iterations=tried)


@pytest.fixture
def solved(results):
    """The results where target and instructor solved the 20 problems: two tries of one, one of the other."""
    authors = {
        "worked": metrics.AuthorCounts(20, 20, {Verdict.CORRECT: 20}, 20, 0),
        "target": metrics.AuthorCounts(40, 9, {Verdict.CORRECT: 9, Verdict.WRONG: 31}, 7, 6),
        "instructor": metrics.AuthorCounts(20, 16, {Verdict.CORRECT: 16, Verdict.FAILED: 4}, 16, 15),
    }
    counts = metrics.SolvingCounts(20, 17, 21, authors, {"wrong": 31}, "vllm", metrics.Usage(20, 4000, 3000, 0.25))
    (one,) = results.iterations
    short = replace(one.selection, rows=19, shortfall=5)
    return replace(results, iterations=[replace(one, solving=counts, selection=short)])


@pytest.fixture
def preferring(results):
    """The results of `train.method: dpo` in two iterations, the second of which found no pair."""
    (one,) = results.iterations
    held_out = metrics.ValidationCounts(3, [0.6931, 0.65, 0.6121], 2.0)
    of_pairs = [
        metrics.PreferenceCounts(24, 0.6543, [0.0, 0.1234], [0.0, 0.875], held_out),
        metrics.PreferenceCounts(0, None, [], [], None),
    ]
    iterations = [
        replace(one, name=name, training=replace(one.training, preferences=counts))
        for name, counts in zip(["iter1", "iter2"], of_pairs, strict=True)
    ]
    models = [*results.models, replace(results.models[1], name="iter2", parent="iter1", depth=2)]
    return replace(results, models=models, iterations=iterations)


@pytest.fixture
def hostile():
    """Names as an instructor or a user could write them, where HTML would take them for markup."""
    name = "<script>alert('x')</script> & co"
    evaluation = {"test/sums": measured(1, 10, 0.1, 0.3), f"ood/{name}": measured(2, 10, 0.1, 0.3)}
    changed = replace(compared(1, 0, 0.0, 0.3, 1.0, False), mistakes={name: metrics.MistakeChange(1, 1, 1, 1)})
    comparisons = dict.fromkeys(evaluation, both(changed))
    models = [Model("base", None, 0, evaluation, {}), Model(name, "base", 1, evaluation, comparisons)]
    return Results(models, [iteration(name, [error_type(name, 3, 1.0)], [(1, 1.0)])])


@pytest.fixture
def traces():
    """What `trace_cases` writes of one iteration with one bad case."""
    case = {
        "id": "c1", "question": "Q?", "solution": "1 + 1 = 2", "answer": "2", "output": "1 + 1 = 3", "verdict": "wrong",
        "error_type_id": None, "set": "sums", "family": "calculation",
    }  # fmt: skip
    return [{
        "iteration": "iter1", "parent": "base", "types": [], "cases": [case], "families": [], "candidates": [],
        "held_out": [],
    }]  # fmt: skip


@pytest.fixture
def in_families(results):
    """The results of two iterations in a line: slips are of two families, and base failed at test problems too."""
    (one,) = results.iterations
    base, first = results.models
    kinds = {"slips-id": Counter(calculation=2, truncation=1), "units-id": Counter(calculation=5)}
    two = replace(one, name="iter2", type_families={"slips-id": Counter(calculation=1, truncation=1)})
    calculation, truncation, gold = Family.CALCULATION, Family.TRUNCATION, Family.FAULTY_GOLD
    failed = {
        ("iter1", "base", "train"): [calculation] * 7 + [truncation, gold],
        ("iter2", "iter1", "train"): [calculation, truncation],
        ("base", "base", "test/sums"): [calculation, Family.READING],
    }
    rows = [row for key, own in failed.items() for row in shares(*key, [(f"p{i}", one) for i, one in enumerate(own)])]
    second = replace(first, name="iter2", parent="iter1", depth=2)
    return replace(
        results, models=[base, first, second], iterations=[replace(one, type_families=kinds), two], families=rows
    )


@pytest.fixture
def paid(results):
    """The results where a paid instructor was asked in two stages."""
    (one,) = results.iterations
    keyphrases = replace(one.keyphrases, usage=metrics.Usage(40, 20_000, 1500, 0.06))
    synthesis = replace(one.synthesis, usage=metrics.Usage(9, 8000, 12_000, 1.5))
    return replace(results, iterations=[replace(one, keyphrases=keyphrases, synthesis=synthesis)])


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
        "instructor": {
            "provider": "symbolic",
            "providers": {},
            "models": {},
            "paid": asdict(metrics.Usage(0, 0, 0, 0.0)),
        },
        "stages": {
            name: {"finished": "2026-11-25T11:00:00+00:00", "seconds": value} for name, value in seconds.items()
        },
        "untimed": [],
    }
