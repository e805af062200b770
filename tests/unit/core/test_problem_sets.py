"""Held-out problems by the name of their set."""

from stages.core.files import write_records
from stages.core.problem_sets import is_dev, of_role, read_held_out, standing_for


def test_sets_are_named_by_role_and_set(tmp_path, make_problem):
    held_out = {
        "ood/unseen": [5], "ood/harder": [6], "dev/sums": [4], "test/sums": [1, 3], "test/products": [2],
    }  # fmt: skip
    for name, numbers in held_out.items():
        write_records(tmp_path / f"{name}.jsonl", map(make_problem, numbers))
    sets = read_held_out(tmp_path)
    assert [(name, [problem.id for problem in problems]) for name, problems in sets.items()] == [
        ("test/products", ["p2"]), ("test/sums", ["p1", "p3"]), ("dev/sums", ["p4"]), ("ood/harder", ["p6"]),
        ("ood/unseen", ["p5"]),
    ]  # fmt: skip


def test_role_is_stood_for_by_its_pooled_result_or_by_its_only_graded_set():
    assert standing_for("test", {"test/a": 9, "test/b": 8, "test": 17}) == "test"
    assert standing_for("test", {"ood/a": 9, "test/a": 0, "test/b": 8}) == "test/b"
    assert standing_for("test", {"test/a": 0}) == "test/a"
    assert standing_for("ood", {"test/b": 8}) is None
    assert of_role("test", ["test", "test/a", "ood/b"]) == ["test/a"]
    assert [is_dev(name) for name in ("dev/a", "test/dev", "development")] == [True, False, False]
