"""The stage that compares a model with its parent and with the base model, without DVC."""

from pathlib import Path

import pytest

from stages import compare
from stages.core import files
from stages.core.exceptions import RecordsError
from stages.core.metrics import Comparisons
from stages.core.records import TestPrediction
from stages.core.verdict import Verdict
from tests.unit.conftest import write_runtime


def prediction(name, problem, verdict, engine="transformers"):
    return TestPrediction(f"{name}{problem}", name, problem, "", 1, None, Verdict(verdict), None, engine, 0)


def test_each_set_is_compared_with_that_of_the_base_and_of_the_parent(tmp_path):
    paths = compare.Paths(*(tmp_path / f"{name}.jsonl" for name in ("model", "parent", "base")), tmp_path / "out.json")
    files.write_records(paths.predictions, [prediction("test", "a", "correct"), prediction("ood/x", "b", "wrong")])
    files.write_records(paths.parent, [prediction("test", "a", "correct"), prediction("ood/x", "b", "correct")])
    files.write_records(paths.base, [prediction("test", "a", "wrong")])
    told = compare.main(paths, compare.Params(seed=0))
    assert told == {"test": "0 fixed and 0 broken", "ood/x": "0 fixed and 1 broken"}
    found = files.read_record(paths.out, dict[str, Comparisons])
    assert (found["test"].base.fixed, found["test"].parent.fixed) == (1, 0)
    assert (found["ood/x"].base.problems, found["ood/x"].parent.broken) == (0, 1)


def test_several_sets_of_a_role_are_pooled_and_dev_sets_are_not(tmp_path):
    paths = compare.Paths(*(tmp_path / f"{name}.jsonl" for name in ("model", "parent", "base")), tmp_path / "out.json")
    sets = {"test/a": "ab", "test/b": "c", "dev/c": "d", "ood/d": "e"}
    for path, verdict in ((paths.predictions, "correct"), (paths.parent, "correct"), (paths.base, "wrong")):
        rows = [prediction(name, problem, verdict) for name, problems in sets.items() for problem in problems]
        files.write_records(path, rows)
    compare.main(paths, compare.Params(seed=0))
    found = files.read_record(paths.out, dict[str, Comparisons])
    assert set(found) == {*sets, "test"}
    assert (found["test"].base.fixed, found["test"].base.problems, found["test"].base.difference) == (3, 3, 1.0)
    assert found["test"].parent.difference == 0.0


def files_by(folder, **engines):
    """Write test predictions of iterations as the pipeline lays them out; return the paths that `compare` gets."""
    for name, engine in engines.items():
        files.write_records(folder / name / "test_predictions.jsonl", [prediction("test", "a", "wrong", engine)])
    names = ("iter2", "iter1" if "iter1" in engines else "base", "base")
    return compare.Paths(*(folder / name / "test_predictions.jsonl" for name in names), folder / "out.json")


@pytest.mark.parametrize(
    ("engines", "chosen", "stages"),
    [
        pytest.param(("transformers", "vllm", "vllm"), "vllm", "evaluate_base", id="base-is-older"),
        pytest.param(
            ("transformers", "transformers", "vllm"), "vllm", "evaluate_base evaluate@iter1", id="both-are-older"
        ),
        pytest.param(
            ("transformers", "transformers", "vllm"), "transformers", "evaluate@iter2", id="engine-chosen-once"
        ),
        pytest.param(("vllm", None, "openai"), "vllm", "evaluate@iter2", id="parent-is-base"),
    ],
)
def test_rows_of_two_engines_are_refused_with_the_command_that_mends_it(tmp_path, monkeypatch, engines, chosen, stages):
    monkeypatch.chdir(tmp_path)
    write_runtime(engine=chosen, vllm={"python": None, "memory_gb": None})
    base, iter1, iter2 = engines
    by = {"base": base, "iter2": iter2} | ({"iter1": iter1} if iter1 else {})
    with pytest.raises(RecordsError) as raised:
        compare.main(files_by(Path("data"), **by), compare.Params(seed=0))
    line = str(raised.value)
    assert "\n" not in line
    assert all(f"data/{name}/test_predictions.jsonl is by {engine}" in line for name, engine in by.items())
    assert f"with runtime.engine: {chosen}, which params.yaml has now" in line
    assert line.endswith(f"run `dvc repro -f -s {stages} && dvc repro`")
