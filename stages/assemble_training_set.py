"""Add the selected problems of this iteration, and solved ones for replay, to the training set of its parent."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from stages.answers.final_answer import FinalAnswer
from stages.core import files, stage
from stages.core.grouping import grouped
from stages.core.params import Seed
from stages.core.records import Candidate, Case, Solution, TrainingRow
from stages.core.solutions import kept_by_candidate
from stages.training import pairs
from stages.training.assembly import AssembleTrainingSet, TrainedMethod, draw_replay, in_style, to_replay, to_row


@dataclass(frozen=True)
class Paths:
    """Options that dvc.yaml passes; `iteration` is the name of this one."""

    iteration: str
    history: stage.Input
    selected: stage.Input
    solutions: stage.Input
    good: stage.Input
    out: stage.Output


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    seed: Seed
    chat: FinalAnswer
    assemble_training_set: AssembleTrainingSet
    train: TrainedMethod


def to_rows(
    selected: Sequence[Candidate], solutions: Sequence[Solution], iteration: str, *, paired: bool
) -> list[TrainingRow]:
    """Return a row for each solution to train on; where they are to be `paired`, with a wrong one if there is any."""
    kept, tries = kept_by_candidate(solutions), grouped(solutions, lambda solution: solution.candidate_id)
    rows = []
    for one in selected:
        rejected = pairs.beside(one, tries[one.id]) if paired else {}
        rows += [to_row(one, right, iteration, rejected.get(right.id)) for right in kept[one.id]]
    return rows


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write the parent's rows, then the new ones, then those for replay."""
    history = files.read_records(paths.history, TrainingRow)
    selected = files.read_records(paths.selected, Candidate)
    good = files.read_records(paths.good, Case)
    rng = random.Random(params.seed)
    solutions = files.read_records(paths.solutions, Solution)
    new = to_rows(selected, solutions, paths.iteration, paired=params.train.method == "dpo")
    replay = draw_replay(good, [*history, *new], len(new), params.assemble_training_set.replay, rng)
    new += [to_replay(case, paths.iteration) for case in replay]
    styled = [in_style(row, params.chat, params.assemble_training_set) for row in new]
    files.write_records(paths.out, [*history, *styled])
    return {
        "history": len(history),
        "selected": len(selected),
        "solutions": len(new) - len(replay),
        "pairs": sum(row.rejected is not None for row in new),
        "replay": len(replay),
        "written": len(history) + len(new),
    }


if __name__ == "__main__":
    stage.run(main, __doc__)
