"""Collecting what the stages measured."""

from dataclasses import replace

import pytest

from stages.core.exceptions import RecordsError
from stages.core.files import write_json
from stages.core.metrics import TrainingCounts
from stages.core.params import Iteration
from stages.reporting.results import Model, Results, collect
from tests.unit.reporting.conftest import both, write_metrics

ITERATIONS = {"late": Iteration("early"), "early": Iteration("base")}


@pytest.fixture
def measured(results):
    """Base, and two iterations of which the second was trained on nothing; sets are told apart by a count."""
    base, model = results.models
    (one,) = results.iterations
    evaluation, comparison = model.evaluation["test/sums"], model.comparisons["test/sums"].base
    evaluations = {name: replace(evaluation, tokens=n) for n, name in enumerate(("ood/z", "ood/a", "test/sums"))}
    comparisons = {name: both(replace(comparison, fixed=n)) for n, name in enumerate(("ood/a", "test/sums"))}
    late = Model("late", "early", 2, evaluations, comparisons)
    models = [replace(base, evaluation=evaluations), late, replace(late, name="early", parent="base", depth=1)]
    nothing = TrainingCounts(0, 0, 0, *[None] * 5)
    early = replace(one, name="early", loss=[(1, 2.5), (3, 0.25)], validation=[(0, 2.0), (3, 1.5)])
    return Results(models, [replace(one, name="late", training=nothing, loss=[]), early])


@pytest.fixture
def folders(tmp_path, measured):
    write_metrics(tmp_path / "metrics", measured)
    losses = tmp_path / "curves" / "early" / "plots" / "metrics"
    losses.mkdir(parents=True)
    (losses / "loss.tsv").write_text("step\tloss\n1\t2.5\n3\t0.25\n")
    (losses / "eval").mkdir()
    (losses / "eval" / "loss.tsv").write_text("step\tloss\n0\t2.0\n3\t1.5\n")
    return tmp_path / "metrics", tmp_path / "curves"


def test_results_are_what_was_measured_in_the_order_of_params(folders, measured):
    assert collect(*folders, ITERATIONS) == measured


def test_test_problems_come_first_and_then_the_other_sets_by_name(folders):
    base, late, _ = collect(*folders, ITERATIONS).models
    assert list(base.evaluation) == ["test/sums", "ood/a", "ood/z"]
    assert list(late.comparisons) == ["test/sums", "ood/a"]


def test_iteration_that_is_no_longer_in_params_is_not_read(folders):
    metrics, curves = folders
    (metrics / "late" / "evaluate.json").write_text("not JSON, and nobody looks")
    found = collect(metrics, curves, {"early": Iteration("base")})
    assert [model.name for model in found.models] == ["base", "early"]
    assert [iteration.name for iteration in found.iterations] == ["early"]


@pytest.mark.parametrize(
    "name",
    [
        "evaluate", "compare", "extract_bad_cases", "generate_keyphrases", "cluster_keyphrases", "synthesize_data",
        "solve_candidates", "select_data", "train",
    ],
)  # fmt: skip
def test_missing_measurement_is_named(folders, name):
    metrics, curves = folders
    (metrics / "early" / f"{name}.json").unlink()
    with pytest.raises(RecordsError, match=rf"early/{name}\.json: no such file"):
        collect(metrics, curves, ITERATIONS)


def test_measurement_without_a_field_is_named_with_it(folders):
    metrics, curves = folders
    write_json(metrics / "early" / "train.json", {"rows": 3, "too_long": 0, "tokens": 9})
    with pytest.raises(RecordsError, match=r"early/train\.json: missing field `loss` in a TrainingCounts"):
        collect(metrics, curves, ITERATIONS)
