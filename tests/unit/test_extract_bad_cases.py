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
from stages.grading.cases import ExtractBadCases, stand_in, to_cases


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
    ((case, agrees),) = to_cases(make_problem(1), [make_prediction("p1", output, stop)])
    assert agrees
    assert (case.verdict, case.extracted, case.output) == (verdict, extracted, output)
    assert (case.prediction_id, case.problem_id) == ("prediction-p1", "p1")
    assert (case.question, case.solution, case.answer) == ("Question 1?", "1 + 1 = 2\n#### 2", "2")


def test_case_with_a_faulty_gold_is_ungradable(make_problem, make_prediction):
    problem = replace(make_problem(1), gold_fault="its solution ends in 2, not in 5")
    ((case, agrees),) = to_cases(problem, [make_prediction("p1", "#### 2")])
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
    params = parse(Params, {"extract_bad_cases": {"bad": ["wrong", "no_answer", "truncated"], "pass_rate": 0.0}})
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
    # Two of three; the problem at fault has no pass rate.
    assert read_record(paths.counts, BadCaseCounts) == BadCaseCounts(
        4, 1, by_verdict, 1, "transformers", {"sums": SetCases(4, 1, by_verdict, 0.6667)}, 1, 0.6667
    )


def test_cases_are_counted_by_set(paths, make_problem):
    problems = [make_problem(1), replace(make_problem(2), set="products"), make_problem(3), make_problem(4)]
    write_records(paths.problems, problems)
    counts = extract_bad_cases.main(paths, parse(Params, {"extract_bad_cases": {"bad": ["wrong"], "pass_rate": 0.0}}))
    assert (counts["bad of sums"], counts["bad of products"]) == ("2/3", "1/1")
    sets = read_record(paths.counts, BadCaseCounts).sets
    assert {name: (one.problems, one.bad) for name, one in sets.items()} == {"sums": (3, 2), "products": (1, 1)}
    assert {case.set for case in read_records(paths.bad, Case)} == {"sums", "products"}


def test_nothing_bad_is_said_in_the_summary(paths):
    counts = extract_bad_cases.main(paths, parse(Params, {"extract_bad_cases": {"bad": [], "pass_rate": 0.0}}))
    assert counts["note"].startswith("no bad cases: ")
    assert read_records(paths.bad, Case) == []


FAILING = ["wrong", "no_answer", "truncated"]


@pytest.mark.parametrize(
    ("outputs", "most", "shown", "is_bad"),
    [
        # Tries at a problem whose answer is 2.
        pytest.param(["#### 3", "#### 4", "#### 4"], 0.0, 1, True, id="first-of-the-commonest-wrong"),
        pytest.param(["#### 5", "#### 1/2", "#### 0.5"], 0.0, 1, True, id="spelled-in-two-ways"),
        pytest.param(["#### 3", "#### 4"], 0.0, 0, True, id="a-tie"),
        pytest.param(["", "", "#### 3"], 0.0, 2, True, id="an-answer-before-none"),
        pytest.param(["", ""], 0.0, 0, True, id="no-answer-at-all"),
        pytest.param(["#### 3", "#### 2", "#### 3"], 0.0, 1, False, id="solved-once"),
        pytest.param(["#### 2", "#### 3", "#### 3"], 0.34, 1, True, id="solved-less-than-allowed"),
        pytest.param(["#### 2", "#### 3", "#### 3"], 0.33, 0, False, id="solved-more-than-allowed"),
        pytest.param(["#### 2", "#### 2"], 1.0, 0, False, id="never-wrong"),
        pytest.param(["#### 3"], 0.9, 0, True, id="one-wrong-try"),
        pytest.param(["#### 2"], 0.9, 0, False, id="one-right-try"),
    ],
)
def test_case_of_several_tries_by_their_pass_rate(make_problem, make_prediction, outputs, most, shown, is_bad):
    predictions = [make_prediction("p1", output, sample=i) for i, output in enumerate(outputs)]
    cases = [case for case, _ in to_cases(make_problem(1), predictions)]
    assert stand_in(cases, ExtractBadCases(FAILING, most)) == (cases[shown], is_bad)
    assert {case.tries for case in cases} == {len(outputs)}
    assert {case.pass_rate for case in cases} == {round(outputs.count("#### 2") / len(outputs), 4)}


def test_each_problem_of_several_tries_has_one_case(paths, make_prediction):
    outputs = {"p1": ["#### 2", "#### 3"], "p2": ["#### 3", "#### 3"], "p3": ["#### 1", "#### 0.5"], "p4": ["1", "2"]}
    tries = [make_prediction(key, text, sample=i) for key, texts in outputs.items() for i, text in enumerate(texts)]
    write_records(paths.predictions, tries)
    section = {"bad": FAILING, "pass_rate": 0.0}
    counts = extract_bad_cases.main(paths, parse(Params, {"extract_bad_cases": section}))
    assert (counts["predictions"], counts["problems"], counts["bad"], counts["mean pass rate"]) == (8, 4, 1, 0.3333)
    bad, good = (read_records(getattr(paths, name), Case) for name in ("bad", "good"))
    assert [(case.problem_id, case.pass_rate, case.tries) for case in bad] == [("p2", 0.0, 2)]
    assert [(case.problem_id, case.output) for case in good] == [("p1", "#### 2"), ("p3", "#### 0.5")]
    found = read_record(paths.counts, BadCaseCounts)
    assert (found.problems, found.samples, found.pass_rate, found.verdicts[Verdict.CORRECT]) == (4, 2, 0.3333, 2)
