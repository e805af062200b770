"""The stage on records written by hand, with the section of params.yaml."""

from dataclasses import replace
from pathlib import Path

import pytest

from stages.core import files, params
from stages.core.metrics import SynthesisCounts
from stages.core.records import Assignment, Candidate, Rejected
from stages.core.verdict import Verdict
from stages.synthesis.settings import StrategyParams
from stages.synthesize_data import Params, Paths, main
from tests.unit.conftest import instructor_params

ROOT = Path(__file__).parents[2]


@pytest.fixture
def paths(tmp_path, make_case, make_problem, make_row, make_type):
    names = (
        "types",
        "assignments",
        "bad",
        "good",
        "train",
        "history",
        "synthetic",
        "rejected",
        "counts",
    )
    made = Paths(**{name: tmp_path / f"{name}.jsonl" for name in names}, held_out=tmp_path / "held_out")
    files.write_records(made.types, [make_type("t1", 2)])
    files.write_records(made.bad, [make_case("c1"), make_case("c2")])
    files.write_records(made.good, [make_case("c3", verdict=Verdict.CORRECT)])
    files.write_records(made.assignments, [Assignment("c1", "k1", "t1"), Assignment("c2", "k2", "t1")])
    problems = [make_problem(number) for number in range(1, 5)]
    at_fault = replace(make_problem(9), answer="5", gold_fault="its solution ends in 2, not in 5")
    files.write_records(made.train, [*problems, at_fault])
    files.write_records(made.held_out / "dev" / "sums.jsonl", [replace(make_problem(3), id="for-tuning")])
    files.write_records(made.held_out / "test" / "sums.jsonl", [replace(make_problem(1), id="copied")])
    files.write_records(made.held_out / "ood" / "unseen.jsonl", [make_problem(7)])
    files.write_records(made.history, [make_row("row", question="Question 2?")])
    return made


@pytest.fixture
def synthesize(paths, monkeypatch):
    """Run the stage in the project's folder, where it reads `runtime` and what of `instructor` no stage declares."""
    monkeypatch.chdir(ROOT)
    values = params.read_yaml(ROOT / "params.yaml")

    def run(strategy):
        amount = values["synthesize_data"]["amount"] | {"candidates": 5}
        section = values["synthesize_data"] | {"strategy": strategy, "amount": amount}
        strategy_params = params.parse(StrategyParams, section)
        return main(paths, Params(0, instructor_params("symbolic"), strategy_params))

    return run


def test_accepted_and_rejected_are_written_and_counted_by_reason(paths, synthesize):
    returned = synthesize("train_set")
    accepted = files.read_records(paths.synthetic, Candidate)
    rejected = files.read_records(paths.rejected, Rejected)
    assert {one.question for one in accepted} == {"Question 4?"}
    assert {one.question: one.reason for one in rejected} == {
        "Question 1?": "copies a test problem",
        "Question 2?": "repeats a training row",
        "Question 3?": "copies a test problem",
    }
    assert {one.copies: one.copies_from for one in rejected if one.copies} == {
        "copied": "test/sums", "for-tuning": "dev/sums",
    }  # fmt: skip
    reasons = {"copies a test problem": 2, "repeats a training row": 1}
    assert returned == {"accepted": 1, "rejected": 3, **reasons, "shortfall": 4}
    counts = files.read_record(paths.counts, SynthesisCounts)
    assert counts == SynthesisCounts(1, 0, {"train_set": 1}, reasons, 4, None, {"sums": 1})


def test_same_inputs_give_the_same_bytes(paths, synthesize):
    synthesize("per_case")
    first = [path.read_bytes() for path in (paths.synthetic, paths.rejected, paths.counts)]
    synthesize("per_case")
    assert [path.read_bytes() for path in (paths.synthetic, paths.rejected, paths.counts)] == first
    assert all(first)
