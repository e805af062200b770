"""What the case browser shows, joined from records by hand."""

import json
from dataclasses import replace

import pytest

from stages import trace_cases
from stages.core.files import write_records
from stages.core.records import Assignment, Keyphrase, Rejected, Score, TestPrediction
from stages.core.verdict import Verdict
from stages.reporting.cases import Sources, held_out, trace


@pytest.fixture
def sources(make_problem, make_prediction, make_case, make_type, make_candidate, make_row, make_solution):
    """Case c1 with everything that can come of it; c2 without a keyphrase.

    Candidate x1 is trained on, x2 is not selected, x3 was solved by nobody.
    """
    problems = [replace(make_problem(1), id="p-c1", group="shop"), replace(make_problem(2), id="p-c2", group="farm")]
    predictions = [
        replace(make_prediction("p-c2", "", "length"), id="r-c2"),
        replace(make_prediction("p-c1", "1 + 1 = 3\n#### 3"), id="r-c1"),
    ]
    known = {"copies": "p-c2", "copies_from": "train", "match": "near copy", "similarity": 0.9}
    because = {"reason": "copies a training problem", "reasons": ["copies a training problem"], **known}
    tried = [("x2", 0.1, False), ("x1", 0.4, True)]
    refused = Rejected(
        "x9", "Q?", "", "", "t1", ["c1"], "q1", "sei", ["question"], None, "sums", "none", None, **because
    )
    return Sources(
        problems=problems,
        predictions=predictions,
        bad_cases=[make_case("c1"), make_case("c2", verdict=Verdict.TRUNCATED)],
        keyphrases=[Keyphrase("k1", "c1", "slips in an addition", 0, "1 + 1 = 3", "2 stated as 3", None, "sums")],
        error_types=[make_type("t1", 1)],
        assignments=[Assignment("c1", "k1", "t1")],
        synthetic=[make_candidate("x1"), make_candidate("x2"), make_candidate("x3")],
        rejected=[refused],
        solutions=[
            make_solution("s1", "x1", kept=False),
            make_solution("s2", "x1", "Two and two are 4.", "target"),
            replace(make_solution("s3", "x1", "4", "target", kept=False), sample=1),
            replace(make_solution("s4", "x1", "?", "target", Verdict.FAILED, False), reason="the server"),
            make_solution("s5", "x1", "2 + 2 = 5", "instructor", Verdict.WRONG, False),
            make_solution("s6", "x1", "2 + 2 = 4", "instructor"),
            make_solution("s7", "x2"),
            replace(make_solution("s8", "x3", kept=False), reason="of another author: worked"),
            replace(make_solution("s9", "x3", "5", "target", Verdict.WRONG, False), reason="wrong"),
        ],
        scores=[Score(name, gain, gain, None, 2, 0, None, gain, kept) for name, gain, kept in tried],
        training_set=[
            replace(make_row("row0"), candidate_id="x2", iteration="iter1"),
            replace(make_row("row1"), candidate_id="x1", iteration="iter2"),
            replace(make_row("row2"), candidate_id="x1", iteration="iter2"),
        ],
        tests=[],
        parent_tests=[],
    )


def test_case_carries_its_keyphrase_type_and_prediction(sources):
    one, two = trace("iter2", "iter1", sources)["cases"]
    assert (one["id"], one["group"], one["stop"], one["error_type_id"]) == ("c1", "shop", "end", "t1")
    assert one["keyphrase"] == {
        "id": "k1", "keyphrase": "slips in an addition", "line": 0, "quote": "1 + 1 = 3", "detail": "2 stated as 3",
        "failure": None, "set": "sums",
    }  # fmt: skip
    assert (two["id"], two["group"], two["stop"], two["verdict"]) == ("c2", "farm", "length", "truncated")
    assert (two["keyphrase"], two["error_type_id"]) == (None, None)
    assert (one["family"], two["family"]) == ("calculation", "truncation")


def failures(document, problem_set):
    """Return the families with a failure on a set, as (iteration, model, family, outputs, of)."""
    names = ("iteration", "model", "family", "outputs", "of")
    return [
        tuple(row[name] for name in names)
        for row in document["families"]
        if row["problem_set"] == problem_set and row["outputs"]
    ]


def test_families_of_training_problems_are_those_of_the_parent(sources):
    document = trace("iter2", "iter1", sources)
    assert failures(document, "train") == [
        ("iter2", "iter1", "calculation", 1, 2),
        ("iter2", "iter1", "truncation", 1, 2),
    ]
    assert {row["problem_set"] for row in document["families"]} == {"train"}


def test_training_problem_with_a_faulty_gold_answer_fails_though_it_is_no_bad_case(sources, make_prediction):
    *_, two = sources.problems
    faulty, untried = (replace(two, id=name, gold_fault="does not parse", set="other") for name in ("p3", "p4"))
    tried = [*sources.predictions, replace(make_prediction("p3", "?"), id="r3")]
    document = trace(
        "iter2", "iter1", replace(sources, problems=[*sources.problems, faulty, untried], predictions=tried)
    )
    assert failures(document, "train")[-1] == ("iter2", "iter1", "faulty gold", 1, 3)
    assert failures(document, "train/other") == [("iter2", "iter1", "faulty gold", 1, 1)]
    assert [row[2:] for row in failures(document, "train/sums")] == [("calculation", 1, 2), ("truncation", 1, 2)]


def test_families_of_held_out_problems_are_those_of_both_models(sources):
    slip = replace(made("p1", Verdict.WRONG), mistake="arithmetic_slip")
    before = [slip, made("p2", Verdict.CORRECT), made("p3", Verdict.FAILED), made("p4", Verdict.UNGRADABLE)]
    after = [made("p1", Verdict.NO_ANSWER), made("p1", Verdict.WRONG, "ood/far")]
    document = trace("iter2", "iter1", replace(sources, problems=[], bad_cases=[], parent_tests=before, tests=after))
    assert failures(document, "test/sums") == [
        ("iter1", "iter1", "calculation", 1, 2),
        ("iter1", "iter1", "faulty gold", 1, 2),
        ("iter2", "iter2", "format", 1, 1),
    ]
    assert failures(document, "ood/far") == [("iter2", "iter2", "other", 1, 1)]


def test_candidate_is_trained_on_only_where_this_iteration_has_its_row(sources):
    one, two, _, refused = trace("iter2", "iter1", sources)["candidates"]
    assert (one["fate"], one["training_row_ids"], one["score"]["score"]) == ("trained", ["row1", "row2"], 0.4)
    assert (two["fate"], two["training_row_ids"], two["score"]["kept"]) == ("not_selected", [], False)
    assert (refused["fate"], refused["match"], refused["copies"]) == ("rejected", "near copy", "p-c2")
    assert refused["demonstration_ids"] == ["c1"]


def test_candidate_has_the_solutions_to_train_on_and_the_others_counted(sources):
    one, two, three, _ = trace("iter2", "iter1", sources)["candidates"]
    assert one["solutions"] == [
        {"author": "target", "text": "Two and two are 4.", "results": 1, "certified_results": 1},
        {"author": "instructor", "text": "2 + 2 = 4", "results": 1, "certified_results": 1},
    ]
    # The failed try is none of those that were right or wrong.
    assert one["tries"] == {"target": {"tries": 2, "right": 2}, "instructor": {"tries": 2, "right": 1}}
    assert one["left_out"] == {"there are enough": 2, "the server": 1}
    assert (two["solutions"], two["certificate"]) == ([{"author": "worked"}], "votes")
    assert not {"tries", "left_out"} & set(two)
    assert (three["fate"], three["score"], three["training_row_ids"]) == ("unsolved", None, [])
    assert three["left_out"] == {"wrong": 1}


def made(problem, verdict, problem_set="test/sums", sample=0):
    return TestPrediction(
        f"{problem}-{verdict}", problem_set, problem, f"output {verdict}", 5, "3", verdict, None, "vllm", sample
    )


def test_held_out_problems_that_only_one_model_solves_are_fixed_or_broken(make_problem):
    wrong, correct, failed = Verdict.WRONG, Verdict.CORRECT, Verdict.FAILED
    slip = replace(made("p1", wrong), mistake="arithmetic_slip")
    before = [slip, made("p2", correct), made("p3", correct), made("p4", failed), made("p5", wrong)]
    after = [
        made("p3", correct),
        replace(made("p2", wrong), mistake="missing_step"),
        made("p1", correct),
        made("p4", correct),
        made("p5", correct, "x"),
    ]
    changes = held_out([make_problem(number) for number in range(1, 6)], before, after)
    # p3 stays solved, p4 was not scored before, p5 was asked in another set.
    assert [(change["change"], change["problem_id"]) for change in changes] == [("broken", "p2"), ("fixed", "p1")]
    assert changes[1]["before"] == {"id": "p1-wrong", "output": "output wrong", "extracted": "3", "verdict": "wrong"}
    assert [change["family"] for change in changes] == ["omission", "calculation"]
    assert (changes[1]["after"]["verdict"], changes[1]["question"]) == ("correct", "Question 1?")


def test_held_out_problem_of_several_samples_is_fixed_where_it_is_solved_more_often(make_problem):
    wrong, correct = Verdict.WRONG, Verdict.CORRECT
    tries = {"before": {"p1": [correct, wrong, wrong], "p2": [correct, wrong, wrong]},
             "after": {"p1": [correct, wrong, correct], "p2": [wrong, wrong, correct]}}  # fmt: skip
    rows = {
        model: [made(key, one, sample=i) for key, those in of_model.items() for i, one in enumerate(those)]
        for model, of_model in tries.items()
    }
    (change,) = held_out([make_problem(1), make_problem(2)], rows["before"], rows["after"])
    assert (change["change"], change["problem_id"]) == ("fixed", "p1")
    assert (change["before"]["verdict"], change["after"]["verdict"]) == (wrong, correct)
    assert (change["tries"], change["pass_rates"]) == (3, [0.3333, 0.6667])


def test_stage_joins_the_records_of_all_problem_sets(tmp_path, sources):
    one, two = sources.problems
    before, after = (made("p-c2", verdict, "ood/far") for verdict in (Verdict.WRONG, Verdict.CORRECT))
    known = replace(sources, tests=[after], parent_tests=[before])
    inputs = {
        "train": [one], "predictions": known.predictions, "bad": known.bad_cases,
        "keyphrases": known.keyphrases, "types": known.error_types, "assignments": known.assignments,
        "synthetic": known.synthetic, "rejected": known.rejected, "solutions": known.solutions,
        "scores": known.scores,
        "training_set": known.training_set, "test_predictions": [after], "parent_test_predictions": [before],
    }  # fmt: skip
    for name, records in inputs.items():
        write_records(tmp_path / f"{name}.jsonl", records)
    write_records(tmp_path / "held_out" / "ood" / "far.jsonl", [two])
    files = {name: tmp_path / f"{name}.jsonl" for name in inputs}
    paths = trace_cases.Paths("iter2", "iter1", held_out=tmp_path / "held_out", out=tmp_path / "out.json", **files)
    counts = {"bad cases": 2, "synthetic problems": 4, "fixed": 1, "broken": 0}
    assert trace_cases.main(paths) == counts
    assert json.loads(paths.out.read_text()) == json.loads(json.dumps(trace("iter2", "iter1", known)))
