"""The stage that measures a model, without DVC."""

from pathlib import Path

import pytest

from stages import evaluate
from stages.core import files
from stages.core.metrics import Evaluation
from stages.core.records import TestPrediction
from stages.model.chat import ChatParams
from stages.model.generation import GenerationParams, Sampling
from tests.unit.conftest import write_runtime


@pytest.fixture
def paths(tmp_path, tiny_base, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_runtime()
    return evaluate.Paths(tiny_base, tiny_base, Path("held_out"), Path("out.jsonl"), Path("metrics.json"))


def test_each_set_is_measured_on_its_own_predictions(paths, make_problem, template):
    held_out = {
        "test/sums": [make_problem(1), make_problem(2)], "test/products": [make_problem(4)],
        "dev/sums": [make_problem(3)], "ood/unseen": [make_problem(2)], "ood/empty": [],
    }  # fmt: skip
    for name, problems in held_out.items():
        files.write_records(paths.held_out / f"{name}.jsonl", problems)
    chat = ChatParams("file", str(template), None, "{question}", {}, final_answer="#### {answer}")
    evaluate.main(paths, evaluate.Params(chat, "float32", GenerationParams(4, True), Sampling(1, 0.7)))
    found = files.read_records(paths.out, TestPrediction)
    sizes = {"test/sums": 2, "test/products": 1, "dev/sums": 1, "ood/empty": 0, "ood/unseen": 1}
    assert [(one.problem_set, one.problem_id) for one in found] == [
        ("test/products", "p4"), ("test/sums", "p1"), ("test/sums", "p2"), ("dev/sums", "p3"), ("ood/unseen", "p2"),
    ]  # fmt: skip
    assert found[2].output == found[4].output
    metrics = files.read_record(paths.metrics, dict[str, Evaluation])
    # The two test sets are pooled; the OOD sets are not, since one has no problem; dev sets never are.
    assert {name: one.problems for name, one in metrics.items()} == sizes | {"test": 3}
    assert {one.engine for one in metrics.values()} == {"transformers"}
