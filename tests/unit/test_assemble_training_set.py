"""The stage that assembles a training set, without DVC."""

from dataclasses import replace

from stages import assemble_training_set
from stages.answers.final_answer import FinalAnswer
from stages.core import files
from stages.core.records import TrainingRow
from stages.training.assembly import AssembleTrainingSet


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
    told = assemble_training_set.main(paths, assemble_training_set.Params(0, style, section))
    assert told == {"history": 1, "selected": 2, "solutions": 3, "replay": 3, "written": 7}
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
