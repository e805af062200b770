"""Bad input ends with one clear line and a non-zero status, in the words that a user of `dvc repro` sees."""

import json
import re

import pytest


def failure(project, *targets):
    """Run `dvc repro`, which must fail; return the project's own lines on stderr."""
    done = project.run("dvc", "repro", *targets, check=False)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    return [line for line in done.stderr.splitlines() if line.startswith("error: ")]


def row(question="How many?", answer="1 + 1 = 2\n#### 2"):
    return json.dumps({"question": question, "answer": answer})


FILES = {
    "malformed line": (f"{row()}\n{{broken\n", "problems.jsonl:2: not valid JSON"),
    "missing column": (f'{row()}\n{{"question": "Q"}}\n', "problems.jsonl:2: no column `answer` for the solution"),
    "duplicate problem": (f"{row()}\n{row('Other?')}\n{row()}\n", "problems.jsonl:3: the same question as"),
    "no marked answer": (f"{row(answer='two')}\n", "problems.jsonl:1: the solution has no `#### answer` line"),
    "empty problem set": ("", "the source holds no problem at all"),
    "too few problems": (f"{row()}\n", "train and test need 14 problems, there are 1"),
}


@pytest.mark.parametrize(("text", "message"), FILES.values(), ids=FILES.keys())
def test_bad_problem_file_is_named_with_its_line(project, text, message):
    (project.path / "problems.jsonl").write_text(text)
    project.set(
        {
            "prepare_problems.source": "local",
            "prepare_problems.local.path": "problems.jsonl",
            "prepare_problems.split": {"train": 10, "test": 4, "ood": 0, "ood_groups": 0},
        }
    )
    lines = failure(project, "prepare_problems")
    assert len(lines) == 1
    assert lines[0].startswith("error: prepare_problems: ")
    assert message in lines[0]


PARAMS = {
    "unknown param": ({"train.epoch": 3}, "train@iter1", "unknown key `train.epoch` (did you mean `epochs`?)"),
    # PyYAML writes the text 1e-4 without quotes, and DVC reads it as a number.
    "number as text": ({"seed": "1e-4"}, "prepare_problems", "`seed` must be a whole number, not 0.0001"),
    "text for a number": ({"train.epochs": "two"}, "train@iter1", "`train.epochs` must be a number, not 'two'"),
    "unknown section": ({"trian": {"epochs": 3}}, "prepare_problems", "no stage reads the section `trian`"),
    "missing parent": (
        {"iterations.iter2.parent": "iter9"},
        "check_iterations",
        "iterations.iter2.parent is `iter9`, which does not exist; there are base, iter1, iter2",
    ),
}


@pytest.mark.parametrize(("values", "target", "message"), PARAMS.values(), ids=PARAMS.keys())
def test_bad_param_is_named(copy, values, target, message):
    copy.set(values)
    # Forced: DVC itself sees no reason to rerun a stage for a section that no stage declares.
    lines = failure(copy, "--force", "--single-item", target)
    assert len(lines) == 1
    assert "params.yaml" in lines[0]
    assert message in lines[0]


def test_missing_parent_is_reported_before_its_iteration_starts(copy):
    copy.set({"iterations.iter3": {"parent": "iter9"}})
    done = copy.run("dvc", "repro", check=False)
    assert done.returncode != 0
    assert "Running stage 'predict@iter3'" not in done.stdout
    assert "iterations.iter3.parent is `iter9`, which does not exist" in done.stderr


def test_cycle_of_parents_is_refused_naming_the_iterations(copy):
    copy.set({"iterations.iter1.parent": "iter2"})
    done = copy.run("dvc", "repro", check=False)
    assert done.returncode != 0
    assert done.stdout == ""
    # DVC reads the graph before any stage can speak; `python -m stages.core.params` says it in our words.
    assert "@iter1" in done.stderr
    assert "@iter2" in done.stderr
    checked = copy.run("python", "-m", "stages.core.params", check=False)
    assert checked.returncode != 0
    assert "the parents form a cycle (iter1 -> iter2 -> iter1)" in checked.stderr


def test_learning_rate_in_exponent_form_is_a_number(copy):
    # DVC writes 5e-05 for -S train.learning_rate=5e-5, which PyYAML reads as text.
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
    assert metrics["test"]["problems"] == 4
    assert metrics == json.loads((copy.path / "metrics" / "base" / "evaluate.json").read_text())
