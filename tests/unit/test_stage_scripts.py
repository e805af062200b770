"""The functions that stand in stage scripts, without DVC; tests/pipeline runs the whole stages."""

import argparse
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from stages import (
    assemble_training_set,
    check_iterations,
    evaluate,
    predict,
    select_data,
    train,
)
from stages.core import files
from stages.core.exceptions import ParamsError
from stages.core.records import Assignment, Candidate, Prediction, Score, TestPrediction, UnusableGold
from stages.core.verdict import Verdict
from stages.model.chat import ChatParams
from stages.model.checkpoints import Target
from stages.model.generation import Generation, GenerationParams
from stages.selection.settings import Keep, SelectionParams

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(path.stem for path in (ROOT / "stages").glob("*.py") if path.stem != "__init__")


def test_every_stage_script_is_found():
    assert len(SCRIPTS) == 15
    assert {"prepare_problems", "train", "report"} <= set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_stage_script_imports_no_heavy_library_and_runs_nothing_at_import(name):
    heavy = "{'torch', 'transformers', 'datasets', 'trl', 'peft', 'sentence_transformers', 'sklearn', 'dvc', 'numpy'}"
    code = f"import sys; import stages.{name}; print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("\n", "")


# predict


def test_prediction_names_its_problem_and_depends_on_problem_and_text(make_problem):
    made = Generation("1 + 1 = 2", 9, "end")
    one = predict.to_prediction(make_problem(1), made)
    assert one == Prediction(one.id, "p1", "1 + 1 = 2", 9, "end")
    assert predict.to_prediction(make_problem(1), made).id == one.id
    assert predict.to_prediction(make_problem(2), made).id != one.id
    assert predict.to_prediction(make_problem(1), replace(made, text="2")).id != one.id


# evaluate


def test_sets_are_test_and_each_file_of_the_ood_folder_by_name(tmp_path, make_problem):
    files.write_records(tmp_path / "test.jsonl", [make_problem(1)])
    files.write_records(tmp_path / "ood" / "unseen.jsonl", [make_problem(2)])
    files.write_records(tmp_path / "ood" / "harder.jsonl", [make_problem(3)])
    sets = evaluate.load_sets(tmp_path / "test.jsonl", tmp_path / "ood")
    assert list(sets) == ["test", "ood/harder", "ood/unseen"]
    assert [members[0].id for members in sets.values()] == ["p1", "p3", "p2"]


def test_empty_ood_folder_leaves_the_test_problems(tmp_path, make_problem):
    files.write_records(tmp_path / "test.jsonl", [make_problem(1)])
    (tmp_path / "ood").mkdir()
    assert list(evaluate.load_sets(tmp_path / "test.jsonl", tmp_path / "ood")) == ["test"]


def test_test_prediction_is_graded_and_belongs_to_its_set(make_problem):
    made = evaluate.to_test_prediction("ood/x", make_problem(1), Generation("#### 2", 7, "answer"))
    assert made == TestPrediction(made.id, "ood/x", "p1", "#### 2", 7, "2", Verdict.CORRECT, None)
    other = evaluate.to_test_prediction("test", make_problem(1), Generation("#### 2", 7, "answer"))
    assert other.id != made.id


@pytest.mark.parametrize(
    ("output", "stop", "answer", "verdict", "mistake"),
    [
        pytest.param("1 + 1 = 3\n#### 3", "answer", "2", Verdict.WRONG, "arithmetic_slip", id="wrong"),
        pytest.param("1 * 1 = 1\n#### 1", "answer", "2", Verdict.WRONG, "wrong_operation", id="wrong-operation"),
        pytest.param("", "end", "2", Verdict.NO_ANSWER, "no_equation", id="silent"),
        pytest.param("1 + 1 = 2 and", "length", "2", Verdict.TRUNCATED, "no_answer", id="cut"),
        pytest.param("1 + 1 = 2\n#### 2", "answer", "2", Verdict.CORRECT, None, id="right"),
        pytest.param("1 + 1 = 3\n#### 3", "answer", "5", Verdict.UNGRADABLE, None, id="gold-at-fault"),
    ],
)
def test_bad_test_prediction_has_the_kind_of_its_first_mistake(make_problem, output, stop, answer, verdict, mistake):
    problem = replace(make_problem(1), solution="1 + 1 = 2\n#### 2", answer=answer)
    made = evaluate.to_test_prediction("test", problem, Generation(output, 7, stop))
    assert (made.verdict, made.mistake) == (verdict, mistake)


def predictions(name, **counts):
    mistakes = {"wrong": "arithmetic_slip", "no_answer": "no_answer", "truncated": "no_answer"}
    return [
        TestPrediction(f"{name}{verdict}{i}", name, f"p{i}", "", 10, None, Verdict(verdict), mistakes.get(verdict))
        for verdict, count in counts.items()
        for i in range(count)
    ]


def test_summary_leaves_ungradable_and_failed_out_of_accuracy_and_counts_them():
    summary = evaluate.summarize(
        predictions("test", correct=5, wrong=2, no_answer=2, truncated=1, ungradable=3, failed=4)
    )
    # 5 of 10; Wilson: 0.5 -+ 1.96 * sqrt(0.025 + 0.0096), both over 1.38415.
    assert summary == {
        "problems": 17,
        "scored": 10,
        "correct": 5,
        "accuracy": 0.5,
        "interval": [0.2366, 0.7634],
        "verdicts": {"correct": 5, "wrong": 2, "no_answer": 2, "truncated": 1, "ungradable": 3, "failed": 4},
        "mistakes": {"arithmetic_slip": 2, "no_answer": 3},
        "tokens": 170,
    }


def test_summary_of_nothing_gradable_has_no_accuracy():
    summary = evaluate.summarize(predictions("test", ungradable=2))
    assert (summary["accuracy"], summary["interval"], summary["scored"]) == (None, [0.0, 1.0], 0)


def test_each_set_is_measured_on_its_own_predictions():
    found = evaluate.by_set(
        [*predictions("test", correct=1), *predictions("ood/x", wrong=2)], {"test": [], "ood/x": [], "ood/empty": []}
    )
    assert {name: (m["correct"], m["problems"]) for name, m in found.items()} == {
        "test": (1, 1),
        "ood/x": (0, 2),
        "ood/empty": (0, 0),
    }


# assemble_training_set


def test_row_of_a_candidate_can_be_followed_back(make_candidate):
    row = assemble_training_set.to_row(make_candidate("c7"), "iter2")
    assert (row.candidate_id, row.error_type_id, row.good_case_id, row.iteration) == ("c7", "t1", None, "iter2")
    assert assemble_training_set.to_row(make_candidate("c7"), "iter3").id != row.id


def test_anchor_is_a_good_case_with_its_gold_solution(make_case):
    row = assemble_training_set.to_anchor(make_case("g1", verdict=Verdict.CORRECT), "iter2")
    assert (row.candidate_id, row.error_type_id, row.good_case_id) == (None, None, "g1")
    assert (row.question, row.solution, row.answer) == ("How much is 1 + 1?", "1 + 1 = 2\n#### 2", "2")


@pytest.mark.parametrize(
    ("new", "fraction", "drawn"),
    [
        pytest.param(30, 0.0, 0, id="none-asked-for"),
        pytest.param(30, 0.25, 10, id="a-quarter-of-40"),
        pytest.param(9, 0.1, 1, id="a-tenth-of-10"),
        pytest.param(30, 0.5, 19, id="no-more-than-there-are"),
        pytest.param(0, 0.5, 0, id="nothing-new-to-anchor"),
    ],
)
def test_anchors_are_the_asked_fraction_of_the_iterations_rows(make_case, make_row, new, fraction, drawn):
    good = [make_case(f"g{i}", question=f"Question {i}?") for i in range(20)]
    history = [make_row("old", question="Question 3?")]
    found = assemble_training_set.draw_anchors(good, history, new, fraction, random.Random(0))
    assert len(found) == drawn
    assert "g3" not in {case.id for case in found}
    assert found == assemble_training_set.draw_anchors(good, history, new, fraction, random.Random(0))


@pytest.mark.parametrize("anchor", [-0.1, 1.0, float("nan")])
def test_anchor_fraction_out_of_range_is_refused(anchor):
    with pytest.raises(ParamsError, match=r"assemble_training_set\.anchor must be at least 0 and below 1"):
        assemble_training_set.check(assemble_training_set.AssembleTrainingSet(anchor))


def test_fraction_in_range_passes():
    assert assemble_training_set.check(assemble_training_set.AssembleTrainingSet(0.3)) is None


# train


@pytest.fixture
def train_folders(tmp_path):
    folders = argparse.Namespace(
        parent=tmp_path / "models" / "iter1",
        out=tmp_path / "models" / "iter2",
        curves=tmp_path / "reports" / "iter2",
        metrics=tmp_path / "metrics" / "train.json",
    )
    folders.parent.mkdir(parents=True)
    return folders


def test_without_new_rows_the_parents_adapter_is_passed_on(train_folders, tiny_base):
    files.write_json(train_folders.parent / "target.json", {"kind": "adapter"})
    files.write_json(train_folders.parent / "adapter_config.json", {"r": 2})
    counts = train.keep_parent(train_folders)
    assert counts["rows"] == 0
    assert files.directory_hash(train_folders.out) == files.directory_hash(train_folders.parent)
    assert Target.of(train_folders.out, tiny_base) == Target(tiny_base, train_folders.out)
    assert files.read_json(train_folders.curves / "metrics.json") == {"rows": 0}
    assert files.read_json(train_folders.metrics) == {"rows": 0}


def test_without_new_rows_on_the_base_model_it_stays_the_base_model(train_folders, tiny_base):
    files.write_json(train_folders.parent / "target.json", {"kind": "weights"})
    train.keep_parent(train_folders)
    assert Target.of(train_folders.out, tiny_base) == Target(tiny_base, None)
    assert [path.name for path in train_folders.out.iterdir()] == ["target.json"]


def test_without_new_rows_twice_the_model_is_still_the_base_model(train_folders, tiny_base):
    files.write_json(train_folders.parent / "target.json", {"kind": "base"})
    train.keep_parent(train_folders)
    assert Target.of(train_folders.out, tiny_base) == Target(tiny_base, None)
