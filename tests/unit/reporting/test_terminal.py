"""The report's numbers as text."""

from dataclasses import replace

import pytest

from stages import report
from stages.pipeline.exceptions import RecordsError
from stages.pipeline.files import write_json
from stages.reporting import terminal
from stages.reporting.results import Results


def parts(text):
    return {part.splitlines()[0]: part.splitlines()[1:] for part in text.split("\n\n")}


def test_text_holds_accuracies_types_funnel_loss_and_time(results, provenance):
    found = parts(terminal.render(results, provenance))
    assert found["Accuracy"][1].split() == ["base", "test", "10/100", "10.0%", "5.0%", "to", "17.0%"]
    assert [line.split() for line in found["Error types"]] == [["iter1"], ["30", "slips"], ["10", "units"]]
    assert [line.split(maxsplit=1) for line in found["From mistakes to training data"][1:3]] == [
        ["60", "problems"],
        ["40", "bad cases"],
    ]
    assert found["Training loss"] == ["iter1: 2.500 at step 1, 0.500 at step 4"]
    assert [line.split() for line in found["Time and money"]] == [
        ["21", "min", "all", "stages"],
        ["20", "min", "train@iter1"],
        ["50", "s", "predict@iter1"],
        ["8.4", "s", "evaluate_base"],
        ["instructor:", "symbolic;", "no", "paid", "model", "was", "asked"],
    ]


def test_stages_that_were_not_timed_are_told(results, provenance):
    text = terminal.render(results, provenance | {"untimed": ["train@iter2", "predict@iter2"]})
    assert "all stages, 2 of them not timed" in text


def test_text_says_what_became_of_each_type(results, provenance):
    base, first = results.models
    one = results.iterations[0]
    two = replace(one, name="iter2", error_types=[one.error_types[0] | {"size": 4}], loss=[])
    both = Results([base, first, replace(first, name="iter2", parent="iter1")], [one, two])
    lines = [line.split() for line in parts(terminal.render(both, provenance))["Error types"]]
    assert lines == [["iter1", "iter2"], ["30", "4", "shrank", "slips"], ["10", "0", "gone", "units"]]


def test_text_without_types_training_and_times_leaves_their_parts_out(results):
    bare = Results(results.models, [replace(results.iterations[0], error_types=[], loss=[])])
    assert set(parts(terminal.render(bare, None))) == {"Accuracy", "From mistakes to training data"}


@pytest.fixture
def clone(tmp_path, monkeypatch, results):
    """A working copy with the committed metrics and nothing else."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text("iterations: {iter1: {parent: base}}\n")
    for model in results.models:
        write_json(tmp_path / "metrics" / model.name / "evaluate.json", model.evaluation)
    (one,) = results.iterations
    folder = tmp_path / "metrics" / "iter1"
    write_json(folder / "compare.json", results.models[1].comparisons)
    write_json(folder / "extract_bad_cases.json", one.bad_cases)
    write_json(folder / "cluster_keyphrases.json", {"types": one.error_types})
    write_json(folder / "synthesize_data.json", one.synthesis)
    write_json(folder / "select_data.json", one.selection)
    return tmp_path


def test_text_of_a_fresh_clone_comes_from_the_committed_metrics(clone, results, provenance):
    (one,) = results.iterations
    assert report.text() == terminal.render(Results(results.models, [replace(one, loss=[])]), None)
    write_json(clone / "reports" / "provenance.json", provenance)
    assert "21 min  all stages" in report.text()


def test_text_names_the_measurement_that_is_missing(clone):
    (clone / "metrics" / "iter1" / "compare.json").unlink()
    with pytest.raises(RecordsError, match=r"metrics/iter1/compare\.json: no such file"):
        report.text()
