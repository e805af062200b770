"""The stage that compares a model with its parent and with the base model, without DVC."""

from stages import compare
from stages.core import files
from stages.core.metrics import Comparisons
from stages.core.records import TestPrediction
from stages.core.verdict import Verdict


def prediction(name, problem, verdict):
    return TestPrediction(f"{name}{problem}", name, problem, "", 1, None, Verdict(verdict), None)


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
