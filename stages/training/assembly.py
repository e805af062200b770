"""The training set of an iteration: the rows of its parent, then candidates, then solved problems for replay."""

import random
from collections.abc import Sequence
from dataclasses import replace

from stages.answers.final_answer import Annotations, FinalAnswer, of_set, restyled
from stages.core.files import content_id
from stages.core.params import ShareBelowOne, section
from stages.core.records import Candidate, Case, Solution, TrainingRow
from stages.core.solutions import TARGET
from stages.training.pairs import marked_answer
from stages.training.settings import MethodName


@section
class TrainedMethod:
    """The part of the `train` section that says whether pairs are trained on."""

    method: MethodName


@section
class AssembleTrainingSet(Annotations):
    """The section.

    Attributes:
        replay: the fraction of an iteration's rows that are training problems which its parent solves already.
    """

    replay: ShareBelowOne


def to_row(candidate: Candidate, solution: Solution, iteration: str, rejected: Solution | None = None) -> TrainingRow:
    """Return the training row of a solution of a selected candidate, and of a wrong one beside it."""
    return TrainingRow(
        id=content_id(solution.id, iteration),
        question=candidate.question,
        solution=solution.text,
        answer=candidate.answer,
        candidate_id=candidate.id,
        solution_id=solution.id,
        error_type_id=candidate.error_type_id,
        good_case_id=None,
        iteration=iteration,
        set=candidate.set,
        author=solution.author,
        certificate=candidate.certificate,
        rejected=rejected.text if rejected else None,
        rejected_id=rejected.id if rejected else None,
    )


def to_replay(case: Case, iteration: str) -> TrainingRow:
    """Return the training row of a problem that is solved already, with the parent's own solution.

    A solution of another hand would teach its style and not hold the parent to its own.
    """
    return TrainingRow(
        id=content_id(case.id, iteration),
        question=case.question,
        solution=case.output.strip(),
        answer=case.answer,
        candidate_id=None,
        solution_id=None,
        error_type_id=None,
        good_case_id=case.id,
        iteration=iteration,
        set=case.set,
        author=TARGET,
        certificate="gold",
        rejected=None,
        rejected_id=None,
    )


def in_style(row: TrainingRow, style: FinalAnswer, annotations: Annotations) -> TrainingRow:
    """Return a row whose solutions end as those of its set are to end, each with its own answer."""
    ending = of_set(style.final_answer, row.set)
    rejected = row.rejected and restyled(row.rejected, marked_answer(row.rejected) or "", ending, annotations)
    return replace(row, solution=restyled(row.solution, row.answer, ending, annotations), rejected=rejected)


def draw_replay(
    good: Sequence[Case], history: Sequence[TrainingRow], new: int, share: float, rng: random.Random
) -> list[Case]:
    """Draw good cases for replay: `share` of the iteration's rows, of which `new` are others, or all that there are.

    Excludes problems that are in the history, and outputs that were cut.
    """
    known = {row.question for row in history}
    fresh = [case for case in good if case.question not in known and not case.truncated]
    return rng.sample(fresh, min(len(fresh), round(new * share / (1 - share))))
