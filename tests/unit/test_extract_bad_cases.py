"""The stage extract_bad_cases."""

from dataclasses import replace

import pytest

from stages import extract_bad_cases
from stages.core.files import read_record, read_records, write_records
from stages.core.metrics import BadCaseCounts, SetCases
from stages.core.params import parse
from stages.core.records import Case
from stages.core.verdict import Verdict
from stages.extract_bad_cases import Params, Paths
from stages.grading.cases import to_case


@pytest.mark.parametrize(
    ("output", "stop", "verdict", "extracted"),
    [
        pytest.param("1 + 1 = 2\n#### 2", "answer", Verdict.CORRECT, "2", id="right"),
        pytest.param("1 + 1 = 3\n#### 3", "end", Verdict.WRONG, "3", id="wrong"),
        pytest.param("", "end", Verdict.NO_ANSWER, None, id="silent"),
        pytest.param("1 + 1 = 2 and 2 +", "length", Verdict.TRUNCATED, None, id="cut"),
    ],
)
def test_case_is_the_graded_prediction_with_its_problem(
    make_problem, make_prediction, output, stop, verdict, extracted
):
    case, agrees = to_case(make_problem(1), make_prediction("p1", output, stop))
    assert agrees
    assert (case.verdict, case.extracted, case.output) == (verdict, extracted, output)
    assert (case.prediction_id, case.problem_id) == ("prediction-p1", "p1")
    assert (case.question, case.solution, case.answer) == ("Question 1?", "1 + 1 = 2\n#### 2", "2")


def test_case_with_a_faulty_gold_is_ungradable(make_problem, make_prediction):
    problem = replace(make_problem(1), gold_fault="its solution ends in 2, not in 5")
    case, agrees = to_case(problem, make_prediction("p1", "#### 2"))
    assert (case.verdict, case.extracted, agrees) == (Verdict.UNGRADABLE, None, True)


@pytest.fixture
def paths(tmp_path, make_problem, make_prediction):
    names = ("problems", "predictions", "bad", "good", "disagreements", "counts")
    paths = Paths(**{name: tmp_path / f"{name}.jsonl" for name in names})
    at_fault = replace(make_problem(4), gold_fault="its solution ends in 2, not in 5")
    write_records(paths.problems, [make_problem(1), make_problem(2), make_problem(3, answer="0.5"), at_fault])
    outputs = {"p1": "#### 2", "p2": "#### 3", "p3": r"\boxed{\frac{1}{2}}", "p4": "#### 5"}
    write_records(paths.predictions, [make_prediction(name, output) for name, output in outputs.items()])
    return paths


def test_cases_are_sorted_by_verdict_and_counted(paths):
    params = parse(Params, {"extract_bad_cases": {"bad": ["wrong", "no_answer", "truncated"]}})
    counts = extract_bad_cases.main(paths, params)
    problems = {
        name: [case.problem_id for case in read_records(getattr(paths, name), Case)] for name in ("bad", "good")
    }
    assert problems == {"bad": ["p2"], "good": ["p1", "p3"]}
    # The string grader does not know that a half is 0.5.
    assert [case.problem_id for case in read_records(paths.disagreements, Case)] == ["p3"]
    verdicts = {"correct": 2, "wrong": 1, "no_answer": 0, "truncated": 0, "ungradable": 1, "failed": 0}
    assert counts == {"predictions": 4, "bad": 1, **verdicts, "to look at": 1}
    by_verdict = {Verdict(v): n for v, n in verdicts.items()}
    assert read_record(paths.counts, BadCaseCounts) == BadCaseCounts(
        4, 1, by_verdict, 1, "transformers", {"sums": SetCases(4, 1, by_verdict)}
    )


def test_cases_are_counted_by_set(paths, make_problem):
    problems = [make_problem(1), replace(make_problem(2), set="products"), make_problem(3), make_problem(4)]
    write_records(paths.problems, problems)
    counts = extract_bad_cases.main(paths, parse(Params, {"extract_bad_cases": {"bad": ["wrong"]}}))
    assert (counts["bad of sums"], counts["bad of products"]) == ("2/3", "1/1")
    sets = read_record(paths.counts, BadCaseCounts).sets
    assert {name: (one.problems, one.bad) for name, one in sets.items()} == {"sums": (3, 2), "products": (1, 1)}
    assert {case.set for case in read_records(paths.bad, Case)} == {"sums", "products"}


def test_nothing_bad_is_said_in_the_summary(paths):
    counts = extract_bad_cases.main(paths, parse(Params, {"extract_bad_cases": {"bad": []}}))
    assert counts["note"].startswith("no bad cases: ")
    assert read_records(paths.bad, Case) == []
