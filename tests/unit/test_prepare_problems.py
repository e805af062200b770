"""The stage prepare_problems."""

import json

import pytest

from stages import prepare_problems
from stages.core.files import read_record, read_records
from stages.core.metrics import ProblemCounts
from stages.core.params import parse
from stages.core.problem_sets import read_held_out
from stages.core.records import Problem
from stages.prepare_problems import Params, Paths

GENERATED = {"procedural": {"role": "train", "limit": 60, "test": 20, "ood": 10, "ood_groups": 3, "max_equations": 2}}
COLUMNS = {"question": "question", "solution": "answer"}


def params(**sets):
    return parse(Params, {"seed": 0, "prepare_problems": {"sets": sets}})


@pytest.fixture
def paths(tmp_path):
    return Paths(tmp_path, tmp_path / "train.jsonl", tmp_path / "held_out", tmp_path / "counts.json")


def written(paths):
    """Return the problems to train on under `train`, and those of the held-out sets by name."""
    return {"train": read_records(paths.train, Problem)} | read_held_out(paths.held_out)


def test_generated_problems_are_split_and_checked(paths):
    counts = prepare_problems.main(paths, params(**GENERATED))
    train, test, unseen = written(paths).values()
    assert (len(train), len(test), len(unseen)) == (30, 20, 10)
    assert counts == {"train/procedural": 30, "test/procedural": 20, "ood/procedural": 10, "faulty golds": 0}
    assert not {one.group for one in unseen} & {one.group for one in [*train, *test]}


def test_sets_of_all_roles_are_written_and_counted_by_set(paths):
    rows = [{"question": f"{n} + 1?", "answer": f"{n}+1=<<{n}+1={n + 1}>>{n + 1}\n#### {n + 1}"} for n in range(9)]
    rows.append({"question": "What is 5?", "answer": "5=<<4+2=5>>5\n#### 5"})
    boxed = [{"problem": f"{n}?", "solution": rf"so \boxed{{{n}}}", "level": "Level 1", "type": "A"} for n in range(6)]
    far = [{"question": "far?", "answer": "#### 6"}] * 2
    for name, lines in {"mine": rows, "math": boxed, "far": far}.items():
        (paths.raw / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in lines))
    counts = prepare_problems.main(
        paths,
        params(
            mine={"role": "train", "path": "data/raw/mine.jsonl", "columns": COLUMNS, "dev": 3, "test": 2},
            math={"role": "train", "path": "data/raw/math.jsonl", "test": 2},
            far={"role": "ood", "path": "data/raw/far.jsonl", "columns": COLUMNS, "duplicates": "drop"},
        ),
    )
    assert counts == {
        "train/mine": 5, "train/math": 4, "dev/mine": 3, "test/mine": 2, "test/math": 2, "ood/far": 1,
        "left out repeated": 1, "faulty golds": 1,
    }  # fmt: skip
    assert [problem.set for problem in read_records(paths.train, Problem)] == ["mine"] * 5 + ["math"] * 4
    assert list(written(paths)) == ["train", "test/math", "test/mine", "dev/mine", "ood/far"]
    by_set = {one.name: one for one in read_record(paths.counts, list[ProblemCounts])}
    assert (by_set["far"].rows, by_set["far"].left_out, by_set["far"].ood) == (2, {"repeated": 1}, 1)
    problems = [one for name, members in written(paths).items() if name != "ood/far" for one in members]
    assert {problem.question: problem.gold_fault for problem in problems if problem.gold_fault} == {
        "What is 5?": "its solution says 4+2=5, but the sides are 6 and 5"
    }


def test_same_seed_writes_the_same_problems(paths):
    twice = []
    for _ in range(2):
        prepare_problems.main(paths, params(**GENERATED))
        twice.append(written(paths))
    assert twice[0] == twice[1]
