"""The stage that assembles a training set, without DVC."""

from dataclasses import replace

import pytest

from stages import assemble_training_set
from stages.answers.final_answer import FinalAnswer
from stages.core import files
from stages.core.records import TrainingRow
from stages.core.verdict import Verdict
from stages.training.assembly import AssembleTrainingSet, TrainedMethod


def test_parents_rows_come_first_then_each_kept_solution_of_candidates_then_replay(
    tmp_path, make_row, make_candidate, make_solution, make_case
):
    inputs = {name: tmp_path / f"{name}.jsonl" for name in ("history", "selected", "solutions", "good")}
    paths = assemble_training_set.Paths("iter2", **inputs, out=tmp_path / "out.jsonl")
    files.write_records(paths.history, [make_row("old")])
    annotated = make_candidate("c1", solution="2 + 2 = <<2+2=4>>4\n#### 4")
    files.write_records(paths.selected, [annotated, replace(make_candidate("c2"), set="other")])
    solutions = [
        make_solution("s1", "c1", annotated.solution),
        make_solution("s2", "c1", "Two and two is 4.\n#### 4", author="target"),
        make_solution("s3", "c1", kept=False),
        make_solution("s4", "c2"),
        make_solution("s5", "not-selected"),
    ]
    files.write_records(paths.solutions, solutions)
    files.write_records(paths.good, [make_case(f"g{n}", question=f"Question {n}?") for n in range(5)])
    section = AssembleTrainingSet(0.5, annotations="strip")
    style = FinalAnswer(final_answer={"default": r"So \boxed{{answer}}.", "other": "#### {answer}"})
    told = assemble_training_set.main(paths, assemble_training_set.Params(0, style, section, TrainedMethod("sft")))
    assert told == {"history": 1, "selected": 2, "solutions": 3, "pairs": 0, "replay": 3, "written": 7}
    rows = files.read_records(paths.out, TrainingRow)
    assert [row.candidate_id for row in rows] == ["candidate-old", "c1", "c1", "c2", None, None, None]
    assert [row.solution_id for row in rows] == ["solution-old", "s1", "s2", "s4", None, None, None]
    assert [row.good_case_id is not None for row in rows] == [False] * 4 + [True] * 3
    assert [row.author for row in rows] == ["worked", "worked", "target", "worked", "target", "target", "target"]
    # The parent's row is left as it is.
    assert [row.solution.rpartition("\n")[2] for row in rows] == [
        "#### 4", r"So \boxed{4}.", r"So \boxed{4}.", "#### 4", r"So \boxed{2}.", r"So \boxed{2}.", r"So \boxed{2}.",
    ]  # fmt: skip
    assert rows[1].solution == "2 + 2 = 4\n" r"So \boxed{4}."
    assert [row.iteration for row in rows] == ["iter1"] + ["iter2"] * 6


@pytest.mark.parametrize("method", ["sft", "full", "dpo"])
def test_wrong_try_of_the_target_stands_beside_its_right_one_for_dpo_alone(
    tmp_path, make_candidate, make_solution, make_case, method
):
    inputs = {name: tmp_path / f"{name}.jsonl" for name in ("history", "selected", "solutions", "good")}
    paths = assemble_training_set.Paths("iter1", **inputs, out=tmp_path / "out.jsonl")
    files.write_records(paths.history, [])
    files.write_records(paths.selected, [make_candidate("c1"), make_candidate("c2")])
    files.write_records(paths.good, [make_case("g1")])
    wrong = replace(make_solution("s2", "c1", r"2 + 2 = <<2+2=5>>5, so \boxed{5}.", "target", Verdict.WRONG, False))
    solutions = [
        make_solution("s1", "c1", r"It is \boxed{4}.", "target"),
        replace(wrong, reason="wrong"),
        make_solution("s3", "c2", author="target"),
    ]
    files.write_records(paths.solutions, solutions)
    section = AssembleTrainingSet(0.5, annotations="strip")
    style = FinalAnswer(final_answer="#### {answer}")
    params = assemble_training_set.Params(0, style, section, TrainedMethod(method))
    told = assemble_training_set.main(paths, params)
    rows = files.read_records(paths.out, TrainingRow)
    assert [row.solution for row in rows[:2]] == ["It is 4.\n#### 4", "2 + 2 = 4\n#### 4"]
    pair = ("2 + 2 = 5, so 5.\n#### 5", "s2") if method == "dpo" else (None, None)
    assert [(row.rejected, row.rejected_id) for row in rows] == [pair, (None, None), (None, None)]
    assert told["pairs"] == int(method == "dpo")
