"""Collecting what the stages measured."""

import pytest

from stages.core.exceptions import RecordsError
from stages.core.files import write_json
from stages.reporting.results import collect

TEST, SEEN, UNSEEN = {"scored": 1}, {"scored": 2}, {"scored": 3}
ITERATIONS = {"late": {"parent": "early"}, "early": {"parent": "base"}}


@pytest.fixture
def folders(tmp_path):
    metrics, curves = tmp_path / "metrics", tmp_path / "curves"
    for name in ("base", "early", "late"):
        write_json(metrics / name / "evaluate.json", {"ood/z": UNSEEN, "ood/a": SEEN, "test": TEST})
    for name in ("early", "late"):
        write_json(metrics / name / "compare.json", {"ood/a": {"base": name}, "test": {"base": name}})
        write_json(metrics / name / "extract_bad_cases.json", {"bad": 4})
        write_json(metrics / name / "cluster_keyphrases.json", {"types": [{"name": f"{name} type"}]})
        write_json(metrics / name / "synthesize_data.json", {"accepted": 5})
        write_json(metrics / name / "select_data.json", {"kept": 6})
        write_json(metrics / name / "train.json", {"rows": 7})
    losses = curves / "early" / "plots" / "metrics"
    losses.mkdir(parents=True)
    (losses / "loss.tsv").write_text("step\tloss\n1\t2.5\n3\t0.25\n")
    return metrics, curves


def test_models_are_base_and_the_iterations_in_the_order_of_params(folders):
    found = collect(*folders, ITERATIONS)
    assert [(m.name, m.parent, m.depth) for m in found.models] == [
        ("base", None, 0),
        ("late", "early", 2),
        ("early", "base", 1),
    ]
    assert [iteration.name for iteration in found.iterations] == ["late", "early"]


def test_test_problems_come_first_and_then_the_other_sets_by_name(folders):
    evaluation = collect(*folders, ITERATIONS).models[0].evaluation
    assert list(evaluation.items()) == [("test", TEST), ("ood/a", SEEN), ("ood/z", UNSEEN)]


def test_comparisons_are_those_of_each_iteration_and_base_has_none(folders):
    base, late, _ = collect(*folders, ITERATIONS).models
    assert base.comparisons == {}
    assert list(late.comparisons.items()) == [("test", {"base": "late"}), ("ood/a", {"base": "late"})]


def test_counts_types_and_loss_are_those_of_each_iteration(folders):
    late, early = collect(*folders, ITERATIONS).iterations
    assert early.error_types == [{"name": "early type"}]
    assert (early.bad_cases, early.synthesis, early.selection) == ({"bad": 4}, {"accepted": 5}, {"kept": 6})
    assert early.training == {"rows": 7}
    assert early.loss == [(1, 2.5), (3, 0.25)]
    assert late.loss == []


def test_iteration_that_is_no_longer_in_params_is_not_read(folders):
    metrics, curves = folders
    (metrics / "late" / "evaluate.json").write_text("not JSON, and nobody looks")
    found = collect(metrics, curves, {"early": {"parent": "base"}})
    assert [model.name for model in found.models] == ["base", "early"]
    assert [iteration.name for iteration in found.iterations] == ["early"]


@pytest.mark.parametrize(
    "name",
    [
        "evaluate.json",
        "compare.json",
        "extract_bad_cases.json",
        "cluster_keyphrases.json",
        "synthesize_data.json",
        "select_data.json",
        "train.json",
    ],
)
def test_missing_measurement_is_named(folders, name):
    metrics, curves = folders
    (metrics / "early" / name).unlink()
    with pytest.raises(RecordsError, match=rf"early/{name}: no such file"):
        collect(metrics, curves, ITERATIONS)
