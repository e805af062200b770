"""A whole pipeline with two train sets of different styles, a dev, a test and an OOD set, and a tiny model.

Each problem is tried several times.
"""

import csv
import json
from collections import Counter

import pytest

from stages.core.problem_sets import read_held_out
from tests.pipeline.conftest import small_project

PLAIN = {"question": "question", "solution": "answer"}
ASKED = r"{question} Put the answer into \boxed{}."


def sums(numbers):
    return [
        {"question": f"Ann has {n} pens and buys {n + 2}. How many has she?",
         "answer": f"She has {n} + {n + 2} = <<{n}+{n + 2}={2 * n + 2}>>{2 * n + 2} pens.\n#### {2 * n + 2}"}
        for n in numbers
    ]  # fmt: skip


def boxed(numbers):
    return [
        {"problem": f"Find ${n} + 5$.", "solution": rf"We add: ${n} + 5 = \boxed{{{n + 5}}}$.",
         "level": f"Level {n % 3}", "type": "Prealgebra"}
        for n in numbers
    ]  # fmt: skip


FILES = {"sums": sums(range(3, 17)), "more_sums": sums(range(30, 34)), "math": boxed(range(10, 30)),
         "math_test": boxed(range(60, 64)), "tune": sums(range(50, 54)), "far": sums([70, 71, 71])}  # fmt: skip
SETS = {
    "sums": {"role": "train", "domain": "sums", "columns": PLAIN, "dev": 4, "limit": 12},
    "more_sums": {"role": "test", "domain": "sums", "columns": PLAIN},
    "math": {"role": "train", "levels": [1, 2], "limit": 8, "max_new_tokens": 9},
    "math_test": {"of": "math", "role": "test", "skip": 1},
    "tune": {"role": "dev", "columns": PLAIN},
    "far": {"role": "ood", "columns": PLAIN, "duplicates": "drop"},
}


@pytest.fixture(scope="module")
def project(tmp_path_factory, tiny_model):
    project = small_project(
        tmp_path_factory.mktemp("sets"),
        tiny_model,
        **{
            "iterations": {"iter1": {"parent": "base"}},
            "prepare_problems.sets": {name: {"path": f"data/raw/{name}.jsonl"} | one for name, one in SETS.items()},
            "chat.question": {"default": "{question}", "math": ASKED},
            "chat.final_answer": {"default": "#### {answer}", "math": r"It is $\boxed{{answer}}$."},
            "predict": {"samples": 2, "temperature": 0.9},
            "evaluate": {"samples": 3, "temperature": 0.9},
            "assemble_training_set.replay": 0.0,
            "synthesize_data.strategy": "train_set",
            "synthesize_data.amount.candidates": 12,
            "select_data.keep.value": 1.0,
        },
    )
    for name, rows in FILES.items():
        (project.path / "data" / "raw" / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    project.commit("problems of the test")
    project.repro()
    return project


def read(project, name):
    return [json.loads(line) for line in (project.path / "data" / name).read_text().splitlines()]


def test_every_set_is_measured_by_its_name_and_pooled_by_role(project):
    metrics = json.loads((project.path / "metrics" / "iter1" / "evaluate.json").read_text())
    sizes = {name: one["problems"] for name, one in metrics.items()}
    assert sizes == {
        "test/more_sums": 4, "test/math_test": 3, "test": 7, "dev/sums": 4, "dev/tune": 4, "ood/far": 2,
    }  # fmt: skip
    with (project.path / "reports" / "comparisons.csv").open() as file:
        assert {row["problem_set"] for row in csv.DictReader(file)} == set(sizes)
    summary = json.loads((project.path / "reports" / "summary.json").read_text())
    assert {"test", "ood", "test_more_sums", "test_math_test", "dev_sums", "dev_tune"} <= summary.keys()


def test_rows_end_as_their_set_is_asked_for_and_come_of_no_held_out_problem(project):
    rows = read(project, "iter1/training_set.jsonl")
    ends = {row["set"]: row["solution"].rpartition("\n")[2][:4] for row in rows}
    assert ends == {"sums": "####", "math": "We a"}
    assert all(r"\boxed{" in row["solution"] for row in rows if row["set"] == "math")
    assert not [row for row in rows if "<<" in row["solution"]]
    held_out = [one for members in read_held_out(project.path / "data/problems/held_out").values() for one in members]
    assert not {row["question"] for row in rows} & {problem.question for problem in held_out}
    assert {problem.set for problem in held_out} == {"sums", "tune", "more_sums", "math_test", "far"}


def test_outputs_have_the_limit_of_their_set(project):
    problems = {problem["id"]: problem["set"] for problem in read(project, "problems/train.jsonl")}
    tokens = {"sums": 6, "math": 9}
    predictions = read(project, "iter1/predictions.jsonl")
    assert {problems[one["problem_id"]] for one in predictions} == set(tokens)
    assert all(one["tokens"] <= tokens[problems[one["problem_id"]]] for one in predictions)


def test_problems_have_several_tries_and_one_case(project):
    tries = Counter(one["problem_id"] for one in read(project, "iter1/predictions.jsonl"))
    assert set(tries.values()) == {2}
    cases = [*read(project, "iter1/bad_cases.jsonl"), *read(project, "iter1/good_cases.jsonl")]
    assert sorted(case["problem_id"] for case in cases) == sorted(tries)
    assert {case["tries"] for case in cases} == {2}
    measured = json.loads((project.path / "metrics" / "base" / "evaluate.json").read_text())
    assert {one["samples"] for one in measured.values()} == {3}
    assert None not in [one["majority"] for one in measured.values()]
    text = (project.path / "reports" / "report.txt").read_text()
    assert "majority of 3" in text
    assert "Tries at training problems" in text


def test_counts_are_by_set(project):
    counts = json.loads((project.path / "metrics" / "iter1" / "extract_bad_cases.json").read_text())
    assert {name: one["problems"] for name, one in counts["sets"].items()} == {"sums": 8, "math": 8}
    text = (project.path / "reports" / "report.txt").read_text()
    assert "Development sets, for tuning" in text
    assert "1 repeated" in text
    assert "of other levels" in text


def test_second_repro_runs_nothing(project):
    assert project.repro() == []


def test_style_that_contradicts_the_prompt_is_refused_before_anything_runs(project):
    project.set({"chat.final_answer": "#### {answer}"})
    done = project.run("dvc", "repro", check=False)
    assert done.returncode != 0
    assert "chat.question asks for a box in the set math, and its training rows would end in" in done.stderr
