"""Let the instructor write new problems of each error type and keep those that are new."""

import argparse
from collections import Counter, defaultdict
from dataclasses import dataclass

from stages.instructor import choice
from stages.instructor.interface import InstructorParams
from stages.pipeline import files, params, stage
from stages.pipeline.records import Assignment, Case, ErrorType, Problem, TrainingRow
from stages.synthesis import self_instruct
from stages.synthesis.novelty import NoveltyIndex, NoveltyParams


@dataclass(frozen=True)
class SynthesizeData:
    """The `synthesize_data` section."""

    amount: self_instruct.SynthesisParams
    novelty: NoveltyParams


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    seed: int
    instructor: InstructorParams
    synthesize_data: SynthesizeData


def known_problems(arguments: argparse.Namespace, novelty: NoveltyParams) -> NoveltyIndex:
    """Return what a new problem must not copy: training, test and OOD problems and earlier training rows."""
    index = NoveltyIndex(novelty)
    for path in [arguments.train, arguments.test, *sorted(arguments.ood.glob("*.jsonl"))]:
        index.add({problem.id: problem.question for problem in files.read_records(path, Problem)})
    index.add({row.id: row.question for row in files.read_records(arguments.history, TrainingRow)})
    return index


def cases_by_type(arguments: argparse.Namespace) -> dict[str, list[Case]]:
    """Return the bad cases of each error type, by the type's id."""
    cases = {case.id: case for case in files.read_records(arguments.bad, Case)}
    grouped = defaultdict(list)
    for assignment in files.read_records(arguments.assignments, Assignment):
        grouped[assignment.error_type_id].append(cases[assignment.bad_case_id])
    return grouped


def main(arguments: argparse.Namespace) -> dict[str, object]:
    """Write accepted and rejected candidates and the counts by reason."""
    declared = params.declared(Params)
    section = declared.synthesize_data
    made = self_instruct.synthesize(
        choice.make(declared.instructor),
        files.read_records(arguments.types, ErrorType),
        cases_by_type(arguments),
        known_problems(arguments, section.novelty),
        section.amount,
        declared.seed,
    )
    files.write_records(arguments.synthetic, made.accepted)
    files.write_records(arguments.rejected, made.rejected)
    reasons = dict(sorted(Counter(rejected.reason for rejected in made.rejected).items()))
    by_type = dict(sorted(Counter(candidate.error_type_id for candidate in made.accepted).items()))
    shortfall = sum(made.shortfall.values())
    files.write_json(
        arguments.counts,
        {"accepted": len(made.accepted), "by_type": by_type, "rejected": reasons, "shortfall": shortfall},
    )
    return {"accepted": len(made.accepted), "rejected": len(made.rejected), **reasons, "shortfall": shortfall}


if __name__ == "__main__":
    stage.run(
        main,
        __doc__,
        inputs=["types", "assignments", "bad", "train", "test", "ood", "history"],
        outputs=["synthetic", "rejected", "counts"],
    )
