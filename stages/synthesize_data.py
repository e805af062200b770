"""Make new training data: the instructor's problems of each error type, or the problems of another strategy."""

from collections import Counter
from dataclasses import dataclass

from stages.core import files, runtime, stage
from stages.core.metrics import SynthesisCounts
from stages.core.params import Seed, section
from stages.instructor import choice
from stages.synthesis import strategy
from stages.synthesis.material import read_material
from stages.synthesis.settings import StrategyParams


@dataclass(frozen=True)
class Paths:
    """Records of an iteration, problems, and the outputs."""

    types: stage.Input
    assignments: stage.Input
    bad: stage.Input
    good: stage.Input
    train: stage.Input
    held_out: stage.Input
    history: stage.Input
    synthetic: stage.Output
    rejected: stage.Output
    counts: stage.Output


@section
class Params:
    """What this stage declares in dvc.yaml."""

    seed: Seed
    instructor: choice.InstructorParams
    synthesize_data: StrategyParams


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write accepted and rejected candidates and the counts by reason."""
    material = read_material(
        types=paths.types,
        assignments=paths.assignments,
        bad=paths.bad,
        good=paths.good,
        train=paths.train,
        held_out=paths.held_out,
        history=paths.history,
    )
    threads = runtime.load().threads
    with choice.opened(params.instructor, "problems") as instructor:
        made = strategy.run(params.synthesize_data, material, instructor, seed=params.seed, threads=threads)
        usage = instructor.usage()
    files.write_records(paths.synthetic, made.accepted)
    files.write_records(paths.rejected, made.rejected)
    # The message of a server, after the colon, differs each time; the records have it.
    reasons = Counter(rejected.reason.partition(": ")[0] for rejected in made.rejected)
    by_type = Counter(candidate.error_type_id for candidate in made.accepted)
    shortfall = max(0, params.synthesize_data.amount.candidates - len(made.accepted))
    by_set = dict(Counter(candidate.set for candidate in made.accepted))
    exercises = sum(candidate.skill is not None for candidate in made.accepted)
    counts = SynthesisCounts(len(made.accepted), exercises, dict(by_type), dict(reasons), shortfall, usage, by_set)
    files.write_json(paths.counts, counts)
    return {
        "accepted": len(made.accepted),
        **({"exercises": exercises} if exercises else {}),
        "rejected": len(made.rejected),
        **dict(sorted(reasons.items())),
        "shortfall": shortfall,
    }


if __name__ == "__main__":
    stage.run(main, __doc__)
