"""Add the selected problems of this iteration, and anchors against forgetting, to the training set of its parent."""

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass

from stages.core import files, params, stage
from stages.core.exceptions import ParamsError
from stages.core.records import Candidate, Case, TrainingRow


@dataclass(frozen=True)
class AssembleTrainingSet:
    """`anchor` is the fraction of an iteration's rows that are training problems which its parent solves already."""

    anchor: float


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    seed: int
    assemble_training_set: AssembleTrainingSet


def check(section: AssembleTrainingSet) -> None:
    """Check the range.

    Raises:
        ParamsError: the fraction is below 0, or leaves no room for anything else.
    """
    if not 0 <= section.anchor < 1:
        raise ParamsError(
            f"params.yaml: assemble_training_set.anchor must be at least 0 and below 1, not {section.anchor}"
        )


def to_row(candidate: Candidate, iteration: str) -> TrainingRow:
    """Return the training row of a selected candidate."""
    return TrainingRow(
        id=files.content_id(candidate.id, iteration),
        question=candidate.question,
        solution=candidate.solution,
        answer=candidate.answer,
        candidate_id=candidate.id,
        error_type_id=candidate.error_type_id,
        good_case_id=None,
        iteration=iteration,
    )


def to_anchor(case: Case, iteration: str) -> TrainingRow:
    """Return the training row of a problem that is solved already, with its gold solution."""
    return TrainingRow(
        id=files.content_id(case.id, iteration),
        question=case.question,
        solution=case.solution,
        answer=case.answer,
        candidate_id=None,
        error_type_id=None,
        good_case_id=case.id,
        iteration=iteration,
    )


def draw_anchors(
    good: Sequence[Case], history: Sequence[TrainingRow], new: int, fraction: float, rng: random.Random
) -> list[Case]:
    """Draw good cases so that they are `fraction` of them and the `new` rows together, or as many as there are.

    A problem that is in the history already is not drawn again.
    """
    known = {row.question for row in history}
    fresh = [case for case in good if case.question not in known]
    return rng.sample(fresh, min(len(fresh), round(new * fraction / (1 - fraction))))


def main(arguments: argparse.Namespace) -> dict[str, object]:
    """Write the parent's rows, then the new ones, then the anchors."""
    declared = params.declared(Params)
    check(declared.assemble_training_set)
    history = files.read_records(arguments.history, TrainingRow)
    selected = files.read_records(arguments.selected, Candidate)
    good = files.read_records(arguments.good, Case)
    rng = random.Random(declared.seed)
    anchors = draw_anchors(good, history, len(selected), declared.assemble_training_set.anchor, rng)
    new = [to_row(candidate, arguments.iteration) for candidate in selected]
    new += [to_anchor(case, arguments.iteration) for case in anchors]
    files.write_records(arguments.out, [*history, *new])
    return {
        "history": len(history),
        "selected": len(selected),
        "anchors": len(anchors),
        "written": len(history) + len(new),
    }


if __name__ == "__main__":
    stage.run(main, __doc__, inputs=["history", "selected", "good"], outputs=["out"], names=["iteration"])
