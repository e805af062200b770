"""Tables from results by hand."""

from dataclasses import replace

import pytest

from stages.reporting import tables
from stages.reporting.results import Results


def test_accuracy_has_a_row_for_each_model_and_set(results):
    assert tables.accuracy(results) == [
        {"iteration": "base", "depth": 0, "problem_set": "test", "scored": 100, "correct": 10, "accuracy": 0.1,
         "low": 0.05, "high": 0.17},
        {"iteration": "base", "depth": 0, "problem_set": "ood/unseen", "scored": 0, "correct": 0, "accuracy": None,
         "low": 0.0, "high": 1.0},
        {"iteration": "iter1", "depth": 1, "problem_set": "test", "scored": 80, "correct": 30, "accuracy": 0.375,
         "low": 0.28, "high": 0.48},
        {"iteration": "iter1", "depth": 1, "problem_set": "ood/unseen", "scored": 0, "correct": 0, "accuracy": None,
         "low": 0.0, "high": 1.0},
    ]  # fmt: skip


def test_verdicts_have_a_row_for_each_model_set_and_verdict(results):
    rows = tables.verdicts(results)
    assert len(rows) == 2 * 2 * 6
    counted = {(r["iteration"], r["problem_set"], r["verdict"]): r["count"] for r in rows if r["count"]}
    assert counted == {
        ("base", "test", "correct"): 10,
        ("base", "test", "wrong"): 90,
        ("base", "ood/unseen", "ungradable"): 100,
        ("iter1", "test", "correct"): 30,
        ("iter1", "test", "wrong"): 50,
        ("iter1", "test", "failed"): 20,
        ("iter1", "ood/unseen", "ungradable"): 100,
    }


def test_error_types_join_their_central_keyphrases(results):
    assert tables.error_types(results)[0] == {
        "iteration": "iter1", "error_type": "slips", "size": 30, "share": 0.75, "silhouette": 0.5,
        "central_keyphrases": "slips | slips again",
    }  # fmt: skip
    assert len(tables.error_types(results)) == 2


def test_funnel_counts_each_step_with_each_reason(results):
    assert [(row["step"], row["count"]) for row in tables.funnel(results)] == [
        ("problems", 60),
        ("bad cases", 40),
        ("candidates accepted", 20),
        ("rejected: near copy", 3),
        ("rejected: no equations", 2),
        ("kept by selection", 16),
    ]


def test_loss_has_a_row_for_each_step(results):
    assert tables.loss(results) == [
        {"iteration": "iter1", "step": 1, "loss": 2.5},
        {"iteration": "iter1", "step": 4, "loss": 0.5},
    ]


def test_summary_compares_the_last_model_with_base(results):
    assert tables.summary(results) == {
        "iterations": 1,
        "bad_cases": 40,
        "error_types": 2,
        "kept": 16,
        "test": {"base": 0.1, "last": 0.375, "gain": 0.275, "problems": 100},
        "ood_unseen": {"base": None, "last": None, "gain": None, "problems": 100},
    }


def test_summary_adds_up_what_all_iterations_kept(results):
    twice = Results(results.models, [*results.iterations, replace(results.iterations[0], name="iter2")])
    assert tables.summary(twice)["kept"] == 32


def test_terminal_shows_accuracies_intervals_and_the_gain(results):
    lines = tables.terminal(results).splitlines()
    assert [line.split() for line in lines[1:3]] == [
        ["base", "test", "10/100", "10.0%", "5.0%", "to", "17.0%"],
        ["base", "ood/unseen", "0/0", "-", "0.0%", "to", "100.0%"],
    ]
    assert lines[-1] == "iter1 is +27.5 points from base on held-out problems"
    assert len(lines) == 6


def test_terminal_without_a_graded_test_problem_claims_no_gain(results):
    nothing = {"test": results.models[0].evaluation["ood/unseen"]}
    models = [replace(model, evaluation=nothing) for model in results.models]
    assert "points" not in tables.terminal(Results(models, results.iterations))


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        pytest.param([{"a": 1, "b": "x, y"}, {"a": None, "b": 'say "z"'}], 'a,b\n1,"x, y"\n,"say ""z"""\n', id="rows"),
        pytest.param([], "a,b\n", id="no-rows"),
    ],
)
def test_write_csv_quotes_cells_and_always_writes_the_header(tmp_path, rows, text):
    tables.write_csv(tmp_path / "t.csv", ["a", "b"], rows)
    assert (tmp_path / "t.csv").read_bytes() == text.encode()


def test_columns_of_each_table_are_those_of_its_rows(results):
    for columns, rows in [
        (tables.ACCURACY, tables.accuracy(results)),
        (tables.VERDICTS, tables.verdicts(results)),
        (tables.ERROR_TYPES, tables.error_types(results)),
        (tables.FUNNEL, tables.funnel(results)),
        (tables.LOSS, tables.loss(results)),
    ]:
        assert rows
        assert all(list(row) == columns for row in rows)
