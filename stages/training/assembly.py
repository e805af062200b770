"""The training set of an iteration: the rows of its parent, then candidates, then solved problems for replay."""

import random
from collections.abc import Sequence

from stages.core.files import content_id
from stages.core.params import ShareBelowOne, section
from stages.core.records import Candidate, Case, TrainingRow


@section
class AssembleTrainingSet:
    """`replay` is the fraction of an iteration's rows that are training problems which its parent solves already."""

    replay: ShareBelowOne


def to_row(candidate: Candidate, iteration: str) -> TrainingRow:
    """Return the training row of a selected candidate."""
    return TrainingRow(
        id=content_id(candidate.id, iteration),
        question=candidate.question,
        solution=candidate.solution,
        answer=candidate.answer,
        candidate_id=candidate.id,
        error_type_id=candidate.error_type_id,
        good_case_id=None,
        iteration=iteration,
    )


def to_replay(case: Case, iteration: str) -> TrainingRow:
    """Return the training row of a problem that is solved already, with its gold solution."""
    return TrainingRow(
        id=content_id(case.id, iteration),
        question=case.question,
        solution=case.solution,
        answer=case.answer,
        candidate_id=None,
        error_type_id=None,
        good_case_id=case.id,
        iteration=iteration,
    )


def draw_replay(
    good: Sequence[Case], history: Sequence[TrainingRow], new: int, share: float, rng: random.Random
) -> list[Case]:
    """Draw good cases so that they are `share` of them and the `new` rows together, or as many as there are.

    A problem that is in the history already is not drawn again.
    """
    known = {row.question for row in history}
    fresh = [case for case in good if case.question not in known]
    return rng.sample(fresh, min(len(fresh), round(new * share / (1 - share))))
