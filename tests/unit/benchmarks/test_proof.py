"""Records of the proof, and what they come to."""

import csv

import pytest
import yaml

from benchmarks import proof, proof_results
from stages.core import files
from stages.core.params import read_yaml
from stages.core.records import TestPrediction
from stages.core.verdict import Verdict
from tests.unit.conftest import ROOT

RIGHT, WRONG, CUT = Verdict.CORRECT, Verdict.WRONG, Verdict.TRUNCATED


def predicted(name, *verdicts):
    return [
        TestPrediction(
            id=f"{name}{index}",
            problem_set=name,
            problem_id=f"p{index}",
            output="The answer is 4.",
            tokens=5,
            extracted="4",
            verdict=verdict,
            mistake=None,
            engine="vllm",
            sample=0,
        )
        for index, verdict in enumerate(verdicts)
    ]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "proof" / "verdicts.csv"


def test_verdicts_of_later_arms_stand_beside_those_of_earlier_ones(path):
    path.parent.mkdir()
    base = predicted("test/gsm8k_test", WRONG, CUT)
    proof.add_verdicts(
        path, proof.read_verdicts(path), {"base": base, "sei-0": predicted("test/gsm8k_test", RIGHT, WRONG)}
    )
    proof.add_verdicts(path, proof.read_verdicts(path), {"base": base, "random-0": predicted("test/gsm8k_test", RIGHT)})
    with path.open() as file:
        assert list(csv.reader(file)) == [
            ["set", "problem", "base", "sei-0", "random-0"],
            ["test/gsm8k_test", "p0", "wrong", "correct", "correct"],
            ["test/gsm8k_test", "p1", "truncated", "wrong", ""],
        ]
    assert proof.read_verdicts(path)["test/gsm8k_test", "p1"] == {"base": CUT, "sei-0": WRONG}


def test_base_of_a_later_run_is_counted_where_it_does_otherwise_and_does_not_replace_the_first(tmp_path, make_problem):
    folder, kept = tmp_path / "proof", tmp_path / "kept"
    folder.mkdir()
    name = "test/gsm8k_test"
    for arm, base in (("sei-0", (WRONG, CUT, RIGHT)), ("sei-1", (RIGHT, WRONG, RIGHT))):
        files.write_records(kept / arm / "held_out" / f"{name}.jsonl", [make_problem(one) for one in (0, 1, 2)])
        tuned_on = predicted("dev/gsm8k", RIGHT)
        files.write_records(kept / arm / proof.BASE, predicted(name, *base) + tuned_on)
        files.write_records(kept / arm / proof.TRAINED, predicted(name, RIGHT, RIGHT, WRONG) + tuned_on)
        files.write_json(kept / arm / "metrics" / "train.json", {})
        files.write_json(kept / arm / "seconds.json", {})
        (kept / arm / "params.yaml").write_text("seed: 0\n")
        proof.commit(arm, kept / arm, folder)
    assert [files.read_json(folder / f"{arm}.json")["base_otherwise"] for arm in ("sei-0", "sei-1")] == [0, 1]
    assert [row["base"] for row in proof.read_verdicts(folder / proof.VERDICTS).values()] == [WRONG, CUT, RIGHT]


def test_arms_compare_over_all_their_seeds_on_the_sets_that_both_answered(path):
    path.parent.mkdir()
    sets = ("test/gsm8k_test", "ood/svamp")
    columns = {
        "base": [one for name in sets for one in predicted(name, WRONG, WRONG, RIGHT, WRONG)],
        "sei-0": [one for name in sets for one in predicted(name, RIGHT, WRONG, RIGHT, WRONG)],
        "sei-1": [one for name in sets for one in predicted(name, RIGHT, RIGHT, RIGHT, WRONG)],
        "untargeted-0": predicted("ood/svamp", WRONG, WRONG, RIGHT, RIGHT),
    }
    proof.add_verdicts(path, proof.read_verdicts(path), columns)
    rows = list(proof_results.comparisons(proof.read_verdicts(path)))
    found = {(row["name"], row["set"]): (row["points"], row["n"], row["seeds"]) for row in rows}
    assert found == {
        ("sei-base", "svamp"): (37.5, 4, "2 and 1"),  # 5 of 8 against 1 of 4
        ("sei-base", "gsm8k_test"): (37.5, 4, "2 and 1"),
        ("sei-base", "in_domain"): (37.5, 4, "2 and 1"),
        ("sei-base", "ood"): (37.5, 4, "2 and 1"),
        ("sei-untargeted", "svamp"): (12.5, 4, "2 and 1"),  # 5 of 8 against 2 of 4
        ("sei-untargeted", "ood"): (12.5, 4, "2 and 1"),
    }


def test_arms_tell_what_they_solved_and_what_they_took(path):
    path.parent.mkdir()
    name = "test/gsm8k_test"
    proof.add_verdicts(
        path, proof.read_verdicts(path), {"base": predicted(name, WRONG, CUT), "sei-0": predicted(name, RIGHT, CUT)}
    )
    record = {
        "metrics": {"train": {"rows": 400, "tokens": 90000}},
        "seconds": {"train@iter1": 600.0, "predict@iter1": 120.0},
        "base_otherwise": 3,
        "math_verify": {name: {"points": 50.0, "low": -10.0, "high": 90.0}},
    }
    base, sei = proof_results.arms(proof.read_verdicts(path), {"sei-0": record})
    assert base == {
        "arm": "base",
        "set": "gsm8k_test",
        "solved": 0,
        "n": 2,
        "percent": 0.0,
        "truncated": 1,
        "no_answer": 0,
    }
    assert (sei["solved"], sei["percent"], sei["truncated"]) == (1, 50.0, 1)
    assert (sei["rows"], sei["tokens"], sei["minutes"], sei["math_verify_points"]) == (400, 90000, 12.0, 50.0)


def test_mistakes_of_an_arm_stand_beside_those_of_base():
    change = {"before": 9, "after": 4, "fixed": 6, "broken": 1}
    row = {"base": {"mistakes": {"wrong_operand": change}}, "parent": {}}
    compared = {"ood/svamp": row, "dev/svamp_dev": row}
    records = {"sei-0": {"metrics": {"compare": compared}}, "random-0": {"metrics": {}}}
    assert list(proof_results.mistakes(records)) == [
        {"arm": "sei-0", "set": "svamp", "mistake": "wrong_operand", **change}
    ]


def test_every_contrast_is_of_arms_that_are_run():
    arms = {name.rpartition("-")[0] for name in proof.ARMS} | {"base"}
    assert {name for pair in proof_results.CONTRASTS for name in pair} <= arms
    assert {arm.after for arm in proof.ARMS.values()} <= {None, *proof.ARMS}


def test_model_answers_one_set_alone_in_place_of_the_predictions_that_were_copied(
    tmp_path, monkeypatch, tiny_base, make_problem, template
):
    folder, project = tmp_path / "arm", tmp_path / "project"
    (folder / "metrics").mkdir(parents=True)
    (project / "models").mkdir(parents=True)
    for link in (folder / "model", project / "models" / "base"):
        link.symlink_to(tiny_base)
    for name in (proof.ALONE, "ood/svamp"):
        files.write_records(folder / "held_out" / f"{name}.jsonl", [make_problem(1)])
    files.write_json(folder / "metrics" / "compare.json", {})
    values = read_yaml(ROOT / "params.yaml")
    values["chat"]["file"], values["generation"]["max_new_tokens"], values["dtype"] = str(template), 4, "float32"
    for path in (folder, project):
        (path / "params.yaml").write_text(yaml.safe_dump(values))
    monkeypatch.chdir(tmp_path)
    proof.evaluate_alone(project, folder)
    found = files.read_records(folder / proof.TRAINED, TestPrediction)
    assert [(one.problem_set, one.problem_id) for one in found] == [(proof.ALONE, "p1")]
    assert set(files.read_json(folder / "metrics" / "evaluate.json")) == {proof.ALONE}
    assert not (folder / "metrics" / "compare.json").exists()
