"""Held-out problems by the name of their set."""

from dataclasses import replace

from stages.core.files import write_records
from stages.core.problem_sets import is_dev, of_role, read_held_out, standing_for


def test_sets_are_named_by_role_and_set(tmp_path, make_problem):
    write_records(tmp_path / "test.jsonl", [make_problem(1), replace(make_problem(2), set="products"), make_problem(3)])
    write_records(tmp_path / "dev.jsonl", [make_problem(4)])
    write_records(tmp_path / "ood" / "unseen.jsonl", [make_problem(5)])
    write_records(tmp_path / "ood" / "harder.jsonl", [make_problem(6)])
    sets = read_held_out(tmp_path / "dev.jsonl", tmp_path / "test.jsonl", tmp_path / "ood")
    assert {name: [problem.id for problem in problems] for name, problems in sets.items()} == {
        "test/sums": ["p1", "p3"], "test/products": ["p2"], "dev/sums": ["p4"], "ood/harder": ["p6"],
        "ood/unseen": ["p5"],
    }  # fmt: skip


def test_role_is_stood_for_by_its_pooled_result_or_by_its_only_set():
    assert standing_for("test", ["test/a", "test/b", "test"]) == "test"
    assert standing_for("test", ["ood/a", "test/b"]) == "test/b"
    assert standing_for("ood", ["test/b"]) is None
    assert of_role("test", ["test", "test/a", "ood/b"]) == ["test/a"]
    assert [is_dev(name) for name in ("dev/a", "test/dev", "development")] == [True, False, False]
