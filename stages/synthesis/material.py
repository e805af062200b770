"""The material of strategies: cases, types and problems of one iteration, and earlier training rows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stages.core.files import read_records
from stages.core.problem_sets import read_held_out
from stages.core.records import Assignment, Case, ErrorType, Problem, TrainingRow
from stages.instructor.interface import Example
from stages.synthesis.novelty import NoveltyIndex


@dataclass(frozen=True)
class Material:
    """All that a strategy may draw on.

    Attributes:
        types: error types.
        cases: bad cases of each type, by the type's id.
        bad: all bad cases.
        good: all good cases.
        problems: training problems with a usable gold answer.
        unusable: training problems whose gold answer has a fault.
        tests: held-out problems by the set that they are in, dev sets included.
        history: rows of earlier training sets.
    """

    types: Sequence[ErrorType]
    cases: Mapping[str, Sequence[Case]]
    bad: Sequence[Case]
    good: Sequence[Case]
    problems: Sequence[Problem]
    unusable: Sequence[Problem]
    tests: Mapping[str, Sequence[Problem]]
    history: Sequence[TrainingRow]

    def add_past_questions(self, known: NoveltyIndex) -> None:
        """Add training problems and earlier training rows to the questions that a new problem must not copy."""
        known.add({problem.id: problem.question for problem in [*self.problems, *self.unusable]}, "train")
        known.add({row.id: row.question for row in self.history}, "history")


def read_material(
    *,
    types: Path,
    assignments: Path,
    bad: Path,
    good: Path,
    train: Path,
    held_out: Path,
    history: Path,
) -> Material:
    """Read the records of an iteration and join its bad cases to their types by id.

    Args:
        types: error types.
        assignments: of bad cases to types.
        bad: bad cases.
        good: good cases.
        train: training problems.
        held_out: folder of all sets that are not trained on, dev sets included: these too must not be copied.
        history: rows of earlier training sets.

    Raises:
        RecordsError: naming the file, line and field at fault.
    """
    bad_cases = read_records(bad, Case)
    by_id = {case.id: case for case in bad_cases}
    cases = defaultdict(list)
    for assignment in read_records(assignments, Assignment):
        cases[assignment.error_type_id].append(by_id[assignment.bad_case_id])
    problems = read_records(train, Problem)
    return Material(
        types=read_records(types, ErrorType),
        cases=cases,
        bad=bad_cases,
        good=read_records(good, Case),
        problems=[problem for problem in problems if problem.gold_fault is None],
        unusable=[problem for problem in problems if problem.gold_fault is not None],
        tests=read_held_out(held_out),
        history=read_records(history, TrainingRow),
    )


def examples(sources: Sequence[Case] | Sequence[Problem]) -> list[Example]:
    """Return cases or problems as examples for an instructor, with their gold solutions."""
    return [Example(source.id, source.question, source.solution, source.answer, source.set) for source in sources]
