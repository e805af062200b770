"""Tables from results by hand."""

from dataclasses import replace
from typing import NamedTuple

import pytest

from stages.core.exceptions import RecordsError
from stages.core.metrics import ProblemCounts, SetCases, TrainingCounts
from stages.reporting import tables
from stages.reporting.families import Family, shares
from stages.reporting.results import Results, with_traces
from stages.reporting.sections import types
from stages.reporting.tables import Table
from tests.unit.reporting.conftest import both


def test_accuracy_has_a_row_for_each_model_and_set(results):
    once = {"samples": 1, "majority": None, "majority_low": None, "majority_high": None}
    assert [row._asdict() for row in tables.accuracy(results)] == [
        {"iteration": "base", "depth": 0, "problem_set": "test/sums", "scored": 100, "correct": 10, "accuracy": 0.1,
         "low": 0.05, "high": 0.17, **once},
        {"iteration": "base", "depth": 0, "problem_set": "ood/unseen", "scored": 0, "correct": 0, "accuracy": None,
         "low": 0.0, "high": 1.0, **once},
        {"iteration": "iter1", "depth": 1, "problem_set": "test/sums", "scored": 80, "correct": 30, "accuracy": 0.375,
         "low": 0.28, "high": 0.48, **once},
        {"iteration": "iter1", "depth": 1, "problem_set": "ood/unseen", "scored": 0, "correct": 0, "accuracy": None,
         "low": 0.0, "high": 1.0, **once},
    ]  # fmt: skip


def test_verdicts_have_a_row_for_each_model_set_and_verdict(results):
    rows = tables.verdicts(results).rows
    assert len(rows) == 2 * 2 * 6
    counted = {tuple(verdict): count for *verdict, count in rows if count}
    assert counted == {
        ("base", "test/sums", "correct"): 10,
        ("base", "test/sums", "wrong"): 90,
        ("base", "ood/unseen", "ungradable"): 100,
        ("iter1", "test/sums", "correct"): 30,
        ("iter1", "test/sums", "wrong"): 50,
        ("iter1", "test/sums", "failed"): 20,
        ("iter1", "ood/unseen", "ungradable"): 100,
    }


def test_error_types_join_their_central_keyphrases(results):
    columns, rows = tables.error_types(results)
    assert dict(zip(columns, rows[0], strict=True)) == {
        "iteration": "iter1", "error_type_id": "slips-id", "error_type": "slips", "size": 30, "share": 0.75,
        "silhouette": 0.5, "central_keyphrases": "slips | slips again", "sets": "", "families": "",
    }  # fmt: skip
    assert len(rows) == 2


def test_funnel_of_each_iteration_has_the_same_steps(results):
    one = results.iterations[0]
    synthesis = replace(one.synthesis, rejected={"no equations": 4, "copies a test problem": 1})
    two = replace(one, name="iter2", synthesis=synthesis, training=TrainingCounts(0, 0, 0, *[None] * 5))
    rows = tables.funnel(Results(results.models, [one, two])).rows
    first, second = ([row[1:] for row in rows if row[0] == name] for name in ("iter1", "iter2"))
    assert [step for step, _ in first] == [step for step, _ in second]
    assert [row for row in second if row[0].startswith(("rejected", "wanted", "rows wanted", "t"))] == [
        ("rejected: near copy", 0),
        ("rejected: no equations", 4),
        ("rejected: copies a test problem", 1),
        ("wanted and not reached", 0),
        ("rows wanted and not reached", 0),
        ("too long to train on", 0),
        ("trained on, with earlier iterations", 0),
    ]


def test_funnel_leads_from_candidates_to_rows(solved):
    steps = [(step.name, step.count, step.lost) for step in tables.steps(solved.iterations[0], []) if not step.seldom]
    assert steps[3:9] == [
        ("passed the checks", 20, False), ("wanted and not reached", 0, True),
        ("with a solution to train on", 17, False), ("kept by selection", 16, False),
        ("rows: their solutions", 19, False), ("rows wanted and not reached", 5, True),
    ]  # fmt: skip


def test_exercises_have_steps_of_their_own_which_the_page_leaves_out_where_there_are_none(solved):
    one = solved.iterations[0]
    some = replace(one, synthesis=replace(one.synthesis, exercises=7), selection=replace(one.selection, exercises=5))
    steps = {step.name: step.count for step in tables.steps(some, []) if step.seldom}
    assert steps == {"passed: exercises": 7, "kept: exercises": 5}


def test_authors_have_a_row_where_they_tried_or_are_trained_on(solved, results):
    columns, rows = tables.authors(solved)
    assert columns == ("iteration", "author", "tries", "right", "problems solved", "solutions kept")
    assert rows == [("iter1", "target", 40, 9, 7, 6), ("iter1", "instructor", 20, 16, 16, 15)]
    assert tables.authors(results).rows == []


def test_loss_has_a_row_for_each_step(results):
    assert tables.loss(results).rows == [("iter1", 1, 2.5), ("iter1", 4, 0.5)]


def test_summary_compares_the_last_model_with_base(paid):
    # The gain is that on the problems which both models were scored on, as its interval is.
    assert tables.summary(paid, {"train": 1.5, "total": None}) == {
        "iterations": 1,
        "bad_cases": 40,
        "error_types": 2,
        "kept": 16,
        "dollars": 1.56,
        "minutes": {"train": 1.5, "total": None},
        "test": {"base": 0.1, "last": 0.375, "gain": 0.25, "gain_low": 0.15, "gain_high": 0.35, "problems": 100},
        "ood": {"base": None, "last": None, "gain": None, "gain_low": -1.0, "gain_high": 1.0, "problems": 100},
    }


def test_summary_adds_up_what_all_iterations_kept(results):
    twice = Results(results.models, [*results.iterations, replace(results.iterations[0], name="iter2")])
    assert tables.summary(twice, {})["kept"] == 32


def test_pooled_accuracy_and_difference_are_those_measured_and_not_those_of_the_counts(several):
    shares = {row.problem_set: row.accuracy for row in tables.accuracy(several)}
    assert (shares["test"], shares["test/sums"], shares["test/products"], shares["dev/sums"]) == (0.6, 0.375, 0.5, 0.5)
    differences = {row.problem_set: row.difference for row in tables.comparisons(several)}
    assert (differences["test"], differences["test/products"]) == (0.6, 0.25)


def test_pooled_counts_are_not_listed_beside_those_of_the_sets(several):
    assert "test" not in {row[1] for row in tables.verdicts(several).rows}
    assert "test" not in {row[2] for row in tables.mistakes(several).rows}


def test_summary_has_the_pooled_result_of_a_role_and_each_of_its_sets(several):
    summary = tables.summary(several, {})
    assert (summary["test"]["last"], summary["test_products"]["last"], summary["dev_sums"]["last"]) == (0.6, 0.9, 0.5)
    # The only OOD set stands for its role.
    assert "ood" in summary
    assert "ood_unseen" not in summary


def test_funnel_counts_the_problems_of_each_of_several_sets(results):
    (one,) = results.iterations
    sets = {"a": SetCases(50, 35, {}, 0.3), "b": SetCases(10, 5, {}, 0.5)}
    split = replace(one, bad_cases=replace(one.bad_cases, sets=sets))
    steps = [(step.name, step.count) for step in tables.steps(split, [])]
    by_set = [step for step in steps if step[0].startswith(("passed of", "kept of"))]
    assert by_set == [("passed of a", 0), ("passed of b", 7), ("kept of a", 9), ("kept of b", 0)]
    assert steps[:6] == [
        ("problems tried", 60), ("tried of a", 50), ("tried of b", 10), ("not solved: bad cases", 40),
        ("bad cases of a", 35), ("bad cases of b", 5),
    ]  # fmt: skip


def test_error_types_are_counted_by_set_and_family(results):
    cases = [("slips-id", "a"), ("slips-id", "b"), ("slips-id", "a"), ("units-id", "b"), (None, "a")]
    known = [{"error_type_id": key, "set": name, "family": f"of {name}"} for key, name in cases]
    trace = {"iteration": "iter1", "cases": known, "families": []}
    counted = with_traces(results, [trace])
    assert [row[-2:] for row in tables.error_types(counted).rows] == [
        ("a 2 | b 1", "of a 2 | of b 1"),
        ("b 1", "of b 1"),
    ]
    html = types(counted)
    assert "Error types by problem set" in html
    one_set = {"iteration": "iter1", "cases": known[:1], "families": []}
    assert "by problem set" not in types(with_traces(results, [one_set]))


def test_families_of_a_parent_are_listed_once(results):
    rows = [row._asdict() for row in shares("base", "base", "test/sums", [("p1", Family.READING)])]
    (one,) = results.iterations
    two = replace(results, iterations=[one, replace(one, name="iter2")])
    traces = [{"iteration": name, "cases": [], "families": rows} for name in ("iter1", "iter2")]
    table = tables.families(with_traces(two, traces))
    assert table.columns[3:7] == ("family", "outputs", "of", "share")
    assert [row[:7] for row in table.rows] == [
        ("base", "base", "test/sums", family, int(family == "reading"), 1, float(family == "reading"))
        for family in Family
    ]


def test_problem_sets_are_listed_with_what_became_of_their_rows(results):
    one = ProblemCounts("math", "data/raw/math.jsonl", 20, {"of other levels": 5, "repeated": 1}, 8, 4, 2, 0, 1)
    assert tables.problems(replace(results, problems=[one])).rows == [
        ("math", "data/raw/math.jsonl", 20, "5 of other levels; 1 repeated", 8, 4, 2, 0, 1)
    ]


def test_shares_are_those_of_the_counts_and_not_of_rounded_ones(results):
    # 27 of 132 are 0.20454…, which rounds to 20.5 %; the metric's 0.2045 would round to 20.4 %.
    base, last = results.models
    measured = {"test/sums": replace(last.evaluation["test/sums"], correct=27, scored=132, accuracy=0.2045)}
    compared = replace(last.comparisons["test/sums"].base, fixed=27, broken=0, problems=132, difference=0.2045,
                       changes=[(1.0, 27), (0.0, 105)])  # fmt: skip
    exact = Results([base, replace(last, evaluation=measured, comparisons={"test/sums": both(compared)})], [])
    assert tables.accuracy(exact)[-1].accuracy == 27 / 132
    assert tables.comparisons(exact)[0].difference == 27 / 132


def test_comparison_with_a_parent_that_is_an_iteration_has_a_row_of_its_own(results):
    base, last = results.models
    second = replace(last, name="iter2", parent="iter1", depth=2)
    rows = tables.comparisons(Results([base, last, second], []))
    assert [(row.iteration, row.against, row.problem_set) for row in rows] == [
        ("iter1", "base", "test/sums"),
        ("iter1", "base", "ood/unseen"),
        ("iter2", "base", "test/sums"),
        ("iter2", "iter1", "test/sums"),
        ("iter2", "base", "ood/unseen"),
        ("iter2", "iter1", "ood/unseen"),
    ]
    assert rows[3]._asdict() == {
        "iteration": "iter2", "against": "iter1", "problem_set": "test/sums", "problems": 80, "fixed": 22, "broken": 2,
        "difference": 0.25, "low": 0.15, "high": 0.35, "p": 0.00004, "measurable": True,
    }  # fmt: skip


def test_mistakes_have_a_row_for_each_comparison_and_kind(results):
    assert tables.mistakes(results) == (
        ("iteration", "against", "problem_set", "mistake", "before", "after", "fixed", "broken"),
        [("iter1", "base", "test/sums", "arithmetic_slip", 40, 21, 22, 2)],
    )


@pytest.mark.parametrize(
    ("difference", "measurable", "said"),
    [(0.1, True, "better"), (-0.1, True, "worse"), (0.1, False, "no measurable change"), (None, False, "not measured")],
)
def test_finding_is_said_in_words(results, difference, measurable, said):
    row = tables.comparisons(results)[0]._replace(difference=difference, measurable=measurable)
    assert tables.finding(row) == said


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        pytest.param([(1, "x, y"), (None, 'say "z"')], 'a,b\n1,"x, y"\n,"say ""z"""\n', id="rows"),
        pytest.param([], "a,b\n", id="no-rows"),
    ],
)
def test_write_csv_quotes_cells_and_always_writes_the_header(tmp_path, rows, text):
    tables.write_csv(tmp_path / "t.csv", Table(("a", "b"), rows))
    assert (tmp_path / "t.csv").read_bytes() == text.encode()


class Row(NamedTuple):
    name: str
    count: int
    share: float | None


@pytest.mark.parametrize("name", ["a", 'with "quotes", and comma', "two\nlines", "a\u2028b"])
def test_read_csv_gives_what_was_written_and_leaves_other_columns_out(tmp_path, name):
    path = tmp_path / "table.csv"
    tables.write_csv(path, Table(("name", "more", "count", "share"), [(name, 9, 2, 0.1), ("b", 9, 3, None)]))
    assert tables.read_csv(path.read_text(encoding="utf-8"), Row, "table.csv") == [Row(name, 2, 0.1), Row("b", 3, None)]


def test_read_csv_takes_defaults_for_missing_columns_alone():
    rows = tables.read_csv("name,count\na,2\n", Row, "table.csv", {"count": 1, "share": 0.5})
    assert rows == [Row("a", 2, 0.5)]


@pytest.mark.parametrize(
    ("text", "message"),
    [("name,count,share\na,1,\nb,many,\n", r"^table\.csv:3: count: "), ("name,share\na,\n", r"^table\.csv:2: count: ")],
    ids=["wrong-value", "missing-column"],
)
def test_read_csv_names_line_and_column_of_a_fault(text, message):
    with pytest.raises(RecordsError, match=message):
        tables.read_csv(text, Row, "table.csv")
