"""The stage that measures a model, without DVC."""

from pathlib import Path

import pytest

from stages import evaluate
from stages.core import files
from stages.core.metrics import Evaluation
from stages.core.records import TestPrediction
from stages.model.chat import ChatParams
from stages.model.generation import GenerationParams
from tests.unit.conftest import write_runtime


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


@pytest.fixture
def paths(tmp_path, tiny_base, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_runtime()
    inputs = {"model": tiny_base, "base": tiny_base, "test": Path("test.jsonl"), "ood": Path("ood")}
    return evaluate.Paths(**inputs, out=Path("out.jsonl"), metrics=Path("metrics.json"))


def test_each_set_is_measured_on_its_own_predictions(paths, make_problem, template):
    files.write_records(paths.test, [make_problem(1), make_problem(2)])
    files.write_records(paths.ood / "unseen.jsonl", [make_problem(2)])
    files.write_records(paths.ood / "empty.jsonl", [])
    chat = ChatParams("file", str(template), None, "{question}", {})
    evaluate.main(paths, evaluate.Params(chat, "float32", GenerationParams(4, True)))
    found = files.read_records(paths.out, TestPrediction)
    names = ["test", "ood/empty", "ood/unseen"]
    assert [(one.problem_set, one.problem_id) for one in found] == [
        ("test", "p1"), ("test", "p2"), ("ood/unseen", "p2"),
    ]  # fmt: skip
    assert found[1].output == found[2].output
    metrics = files.read_record(paths.metrics, dict[str, Evaluation])
    assert {name: metrics[name].problems for name in names} == {"test": 2, "ood/empty": 0, "ood/unseen": 1}
    assert {one.engine for one in metrics.values()} == {"transformers"}
