"""Add the selected problems of this iteration to the training set of its parent."""

import argparse

from stages.pipeline import files, stage
from stages.pipeline.records import Candidate, TrainingRow


def to_row(candidate: Candidate, iteration: str) -> TrainingRow:
    """Return the training row of a selected candidate."""
    return TrainingRow(
        id=files.content_id(candidate.id, iteration),
        question=candidate.question,
        solution=candidate.solution,
        answer=candidate.answer,
        candidate_id=candidate.id,
        error_type_id=candidate.error_type_id,
        iteration=iteration,
    )


def main(arguments: argparse.Namespace) -> dict[str, object]:
    """Write the parent's rows and then the new ones."""
    history = files.read_records(arguments.history, TrainingRow)
    selected = files.read_records(arguments.selected, Candidate)
    new = [to_row(candidate, arguments.iteration) for candidate in selected]
    files.write_records(arguments.out, [*history, *new])
    return {"history": len(history), "new": len(new), "written": len(history) + len(new)}


if __name__ == "__main__":
    stage.run(main, __doc__, inputs=["history", "selected"], outputs=["out"], names=["iteration"])
