"""The stage prepare_problems."""

import json

import pytest

from stages import prepare_problems
from stages.core.exceptions import ParamsError
from stages.core.files import read_records
from stages.core.params import parse
from stages.core.records import Problem
from stages.prepare_problems import Params, Paths

COLUMNS = {"question": "question", "solution": "answer", "answer": None, "group": None}
SECTIONS = {"procedural": {"dataset": "gsm_symbolic", "max_equations": 2, "largest_number": None}}


def section(source, declared, split=(3, 2, 0, 0), **extra):
    sizes = dict(zip(("train", "test", "ood", "ood_groups"), split, strict=True))
    chosen = {name: SECTIONS[name] for name in declared}
    return {"source": source, "columns": COLUMNS, "split": sizes, "extra": extra} | chosen


def params(*args, **options):
    return parse(Params, {"seed": 0, "prepare_problems": section(*args, **options)})


@pytest.fixture
def paths(tmp_path):
    return Paths(tmp_path, tmp_path / "train.jsonl", tmp_path / "test.jsonl", tmp_path / "ood")


def test_generated_problems_are_split_and_checked(paths):
    counts = prepare_problems.main(paths, params("procedural", ["procedural"], split=(30, 20, 10, 3)))
    train, test, unseen = (
        read_records(path, Problem) for path in (paths.train, paths.test, paths.ood / "unseen.jsonl")
    )
    assert (len(train), len(test), len(unseen)) == (30, 20, 10)
    assert counts == {"pool": counts["pool"], "train": 30, "test": 20, "ood/unseen": 10, "faulty golds": 0}
    assert counts["pool"] >= 120


def test_local_problems_come_with_extra_sets_and_without_unseen_ones(paths):
    rows = [{"question": f"{n} + 1?", "answer": f"{n}+1=<<{n}+1={n + 1}>>{n + 1}\n#### {n + 1}"} for n in range(4)]
    rows.append({"question": "What is 5?", "answer": "5=<<4+2=5>>5\n#### 5"})
    source, more = paths.raw / "mine.jsonl", paths.raw / "more.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    more.write_text(json.dumps({"question": "What is 6?", "answer": "#### 6"}) + "\n")
    values = section("local", [], more={"file": "more.jsonl", "limit": None, "columns": COLUMNS})
    values["local"] = {"path": str(source)}
    counts = prepare_problems.main(paths, parse(Params, {"seed": 0, "prepare_problems": values}))
    assert counts == {"pool": 5, "train": 3, "test": 2, "ood/more": 1, "faulty golds": 1}
    assert [path.name for path in paths.ood.iterdir()] == ["more.jsonl"]
    problems = [*read_records(paths.train, Problem), *read_records(paths.test, Problem)]
    assert {problem.question: problem.gold_fault for problem in problems if problem.gold_fault} == {
        "What is 5?": "its solution says 4+2=5, but the sides are 6 and 5"
    }


def test_same_seed_writes_the_same_bytes(paths):
    written = []
    for _ in range(2):
        prepare_problems.main(paths, params("procedural", ["procedural"]))
        written.append(paths.train.read_bytes() + paths.test.read_bytes())
    assert written[0] == written[1]


def test_source_without_its_section_is_refused():
    with pytest.raises(ParamsError, match=r"`prepare_problems`: the chosen source needs its section local"):
        params("local", ["procedural"])
