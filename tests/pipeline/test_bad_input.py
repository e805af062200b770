"""Bad input ends with one clear line and a non-zero status, in the words that a user of `dvc repro` sees."""

import json
import re

import pytest

from tests.pipeline.project import ran_stages


def failure(project, *targets):
    """Run `dvc repro`, which must fail; return the project's own lines on stderr."""
    done = project.run("dvc", "repro", *targets, check=False)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return [line for line in done.stderr.splitlines() if line.startswith("error: ")]


def row(question="How many?"):
    return json.dumps({"question": question, "answer": "1 + 1 = 2\n#### 2"})


FILES = {
    "malformed line": (f"{row()}\n{{broken\n", "problems.jsonl:2: not valid JSON"),
    "duplicate problem": (f"{row()}\n{row('Other?')}\n{row()}\n", "problems.jsonl:3 as data/raw/problems.jsonl:1"),
    "too few problems": (f"{row()}\n", "train, dev and test need 5 problems, there are 1"),
}


@pytest.mark.parametrize(("text", "message"), FILES.values(), ids=FILES.keys())
def test_bad_problem_file_is_named_with_its_line(project, text, message):
    (project.path / "data" / "raw" / "problems.jsonl").write_text(text)
    columns = {"question": "question", "solution": "answer"}
    mine = {"role": "train", "path": "data/raw/problems.jsonl", "columns": columns, "test": 4}
    project.set({"prepare_problems.sets": {"mine": mine}})
    lines = failure(project, "prepare_problems")
    assert len(lines) == 1
    assert lines[0].startswith("error: prepare_problems: ")
    assert message in lines[0]


FAULTS = {
    "seed": (0.5, "params.yaml: `seed` must be a whole number, not 0.5"),
    "train.epoch": (3, "params.yaml: unknown key `train.epoch` (did you mean `epochs`?)"),
    "train.epochs": ("two", "params.yaml: `train.epochs` must be a number, not 'two'"),
    "trian": ({"epochs": 3}, "params.yaml: unknown key `trian` (did you mean `train`?)"),
    "runtime.threads": (-1, "params.yaml: `runtime.threads` must be greater than or equal to 0, not -1"),
    "iterations.iter3": (
        {"parent": "iter9"},
        "params.yaml: `iterations`: iter3.parent is `iter9`, which does not exist; there are base, iter1, iter2, iter3",
    ),
}


def test_every_fault_of_params_is_named_before_anything_is_computed(copy):
    copy.set({name: value for name, (value, _) in FAULTS.items()})
    done = copy.run("dvc", "repro", check=False)
    assert done.returncode != 0
    assert ran_stages(done.stdout) == ["check_params"]
    lines = {line for line in done.stderr.splitlines() if line.startswith("error: ")}
    assert lines == {f"error: check_params: {message}" for _, message in FAULTS.values()}


def test_param_that_a_stage_reads_wrongly_is_named_by_the_stage_too(copy):
    copy.set({"train.epochs": "two"})
    lines = failure(copy, "--force", "--single-item", "train@iter1")
    assert lines == ["error: train@iter1: params.yaml: `train.epochs` must be a number, not 'two'"]


def test_cycle_of_parents_is_refused_naming_the_iterations(copy):
    copy.set({"iterations.iter1.parent": "iter2"})
    done = copy.run("dvc", "repro", check=False)
    assert done.returncode != 0
    assert done.stdout == ""
    # DVC reads the graph before any stage can speak; the stage's own command says it in our words.
    assert "@iter1" in done.stderr
    assert "@iter2" in done.stderr
    command = ["python", "-m", "stages.check_params", "--params", "params.yaml", "--out", "data/checked_params.txt"]
    checked = copy.run(*command, check=False)
    assert checked.returncode != 0
    assert "the parents form a cycle (iter1 -> iter2 -> iter1)" in checked.stderr


def test_learning_rate_in_exponent_form_is_a_number(copy):
    # DVC writes 5e-05 for -S train.learning_rate=5e-5.
    text = (copy.path / "params.yaml").read_text()
    changed = re.sub(r"learning_rate: .*", "learning_rate: 5e-05", text)
    assert changed != text
    (copy.path / "params.yaml").write_text(changed)
    assert "train@iter1" in copy.repro("train@iter1")


def test_target_that_solves_everything_ends_the_iteration_in_good_order(copy):
    # No verdict counts as bad, which is what a model without mistakes looks like to the stages that follow.
    copy.set({"extract_bad_cases.bad": []})
    done = copy.run("dvc", "repro", "evaluate@iter1")
    assert "no bad cases" in done.stdout
    assert "no new training rows" in done.stdout
    metrics = json.loads((copy.path / "metrics" / "iter1" / "evaluate.json").read_text())
    assert metrics["test/procedural"]["problems"] == 4
    assert metrics == json.loads((copy.path / "metrics" / "base" / "evaluate.json").read_text())
