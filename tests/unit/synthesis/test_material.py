"""The records of an iteration, read and joined."""

from dataclasses import replace

import pytest

from stages.core import files
from stages.core.records import Assignment
from stages.core.verdict import Verdict
from stages.instructor.interface import Example
from stages.synthesis.material import examples, read_material
from stages.synthesis.novelty import NoveltyIndex, NoveltyParams


@pytest.fixture
def material(tmp_path, make_case, make_problem, make_row, make_type):
    names = ("types", "assignments", "bad", "good", "train", "history")
    paths = {name: tmp_path / f"{name}.jsonl" for name in names} | {"held_out": tmp_path / "held_out"}
    files.write_records(paths["types"], [make_type("t1", 2)])
    files.write_records(paths["bad"], [make_case("c1"), make_case("c2"), make_case("c3")])
    files.write_records(paths["good"], [make_case("c4", verdict=Verdict.CORRECT)])
    assignments = [Assignment("c3", "k3", "t1"), Assignment("c1", "k1", "t2"), Assignment("c2", "k2", "t1")]
    files.write_records(paths["assignments"], assignments)
    at_fault = replace(make_problem(9), answer="5", gold_fault="its solution ends in 2, not in 5")
    files.write_records(paths["train"], [make_problem(1), at_fault])
    files.write_records(paths["held_out"] / "test" / "sums.jsonl", [make_problem(2)])
    files.write_records(paths["held_out"] / "dev" / "sums.jsonl", [make_problem(4)])
    files.write_records(paths["held_out"] / "ood" / "unseen.jsonl", [make_problem(3)])
    files.write_records(paths["history"], [make_row("row", question="red green blue black")])
    return read_material(**paths)


def test_cases_are_joined_to_types_by_id_and_not_by_position(material):
    ids = {name: [case.id for case in cases] for name, cases in material.cases.items()}
    assert ids == {"t1": ["c3", "c2"], "t2": ["c1"]}
    assert [case.id for case in material.bad] == ["c1", "c2", "c3"]
    assert [case.id for case in material.good] == ["c4"]


def test_material_holds_usable_problems_of_every_set_and_earlier_rows(material):
    assert [one.id for one in material.problems] == ["p1"]
    assert {name: [one.id for one in problems] for name, problems in material.tests.items()} == {
        "test/sums": ["p2"],
        "dev/sums": ["p4"],
        "ood/unseen": ["p3"],
    }
    assert [one.id for one in material.history] == ["row"]
    assert [one.id for one in material.types] == ["t1"]


def test_past_questions_are_training_problems_and_earlier_rows(material):
    known = NoveltyIndex(NoveltyParams(0.9, "words", 8))
    material.add_past_questions(known)
    matches = known.matches(["Question 1?", "Red, green, blue, black.", "Question 2?"])
    assert [match and (match.id, match.source) for match in matches] == [("p1", "train"), ("row", "history"), None]


def test_example_is_a_problem_or_case_with_its_gold_solution(make_case, make_problem):
    assert examples([make_problem(1)]) == [Example("p1", "Question 1?", "1 + 1 = 2\n#### 2", "2", "sums")]
    assert examples([make_case("c1")]) == [Example("c1", "How much is 1 + 1?", "1 + 1 = 2\n#### 2", "2", "sums")]
