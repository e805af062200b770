"""Make new training data: problems of each error type by the instructor, or what another strategy takes instead."""

import argparse
from collections import Counter, defaultdict
from dataclasses import dataclass

from stages.core import files, params, runtime, stage
from stages.core.records import Assignment, Case, ErrorType, Problem, TrainingRow, UnusableGold
from stages.instructor import choice
from stages.instructor.interface import InstructorParams
from stages.llm import spending
from stages.synthesis import strategies


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    seed: int
    instructor: InstructorParams
    synthesize_data: strategies.StrategyParams


def read_material(arguments: argparse.Namespace) -> strategies.Material:
    """Return everything that a strategy may draw on, the bad cases joined to their types by id.

    Training problems whose gold is at fault are none of it.
    """
    bad = files.read_records(arguments.bad, Case)
    by_id = {case.id: case for case in bad}
    cases = defaultdict(list)
    for assignment in files.read_records(arguments.assignments, Assignment):
        cases[assignment.error_type_id].append(by_id[assignment.bad_case_id])
    unusable = {gold.problem_id for gold in files.read_records(arguments.unusable, UnusableGold)}
    tests = {"test": arguments.test, **{f"ood/{path.stem}": path for path in sorted(arguments.ood.glob("*.jsonl"))}}
    return strategies.Material(
        types=files.read_records(arguments.types, ErrorType),
        cases=cases,
        bad=bad,
        good=files.read_records(arguments.good, Case),
        problems=[problem for problem in files.read_records(arguments.train, Problem) if problem.id not in unusable],
        tests={source: files.read_records(path, Problem) for source, path in tests.items()},
        history=files.read_records(arguments.history, TrainingRow),
    )


def main(arguments: argparse.Namespace) -> dict[str, object]:
    """Write accepted and rejected candidates and the counts by reason."""
    declared = params.declared(Params)
    instructor = choice.make(declared.instructor)
    made = strategies.run(
        declared.synthesize_data,
        read_material(arguments),
        instructor,
        solves=declared.instructor.provider != "symbolic",
        seed=declared.seed,
        threads=runtime.load().threads,
    )
    files.write_records(arguments.synthetic, made.accepted)
    files.write_records(arguments.rejected, made.rejected)
    # What a server said stands behind a colon and differs each time; the records have it.
    reasons = dict(sorted(Counter(rejected.reason.partition(": ")[0] for rejected in made.rejected).items()))
    by_type = dict(sorted(Counter(candidate.error_type_id for candidate in made.accepted).items()))
    shortfall = max(0, declared.synthesize_data.amount.candidates - len(made.accepted))
    counts = {"accepted": len(made.accepted), "by_type": by_type, "rejected": reasons, "shortfall": shortfall}
    files.write_json(arguments.counts, counts | spending.account(instructor.usage()))
    return {"accepted": len(made.accepted), "rejected": len(made.rejected), **reasons, "shortfall": shortfall}


if __name__ == "__main__":
    stage.run(
        main,
        __doc__,
        inputs=["types", "assignments", "bad", "good", "unusable", "train", "test", "ood", "history"],
        outputs=["synthetic", "rejected", "counts"],
    )
