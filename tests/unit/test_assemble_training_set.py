"""The stage that assembles a training set, without DVC."""

from stages import assemble_training_set
from stages.core import files
from stages.core.records import TrainingRow
from stages.training.assembly import AssembleTrainingSet


def test_parents_rows_come_first_then_candidates_then_replay(tmp_path, make_row, make_candidate, make_case):
    inputs = {name: tmp_path / f"{name}.jsonl" for name in ("history", "selected", "good")}
    paths = assemble_training_set.Paths("iter2", **inputs, out=tmp_path / "out.jsonl")
    files.write_records(paths.history, [make_row("old")])
    files.write_records(paths.selected, [make_candidate("c1"), make_candidate("c2")])
    files.write_records(paths.good, [make_case(f"g{n}", question=f"Question {n}?") for n in range(5)])
    told = assemble_training_set.main(paths, assemble_training_set.Params(0, AssembleTrainingSet(0.5)))
    assert told == {"history": 1, "selected": 2, "replay": 2, "written": 5}
    rows = files.read_records(paths.out, TrainingRow)
    assert [row.candidate_id for row in rows] == ["candidate-old", "c1", "c2", None, None]
    assert [row.good_case_id is not None for row in rows] == [False, False, False, True, True]
    assert [row.iteration for row in rows] == ["iter1", "iter2", "iter2", "iter2", "iter2"]
