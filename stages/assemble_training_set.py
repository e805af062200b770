"""Add the selected problems of this iteration, and solved ones for replay, to the training set of its parent."""

import random
from dataclasses import dataclass

from stages.answers.final_answer import FinalAnswer
from stages.core import files, stage
from stages.core.records import Candidate, Case, Solution, TrainingRow
from stages.core.solutions import kept_by_candidate
from stages.training.assembly import AssembleTrainingSet, draw_replay, in_style, to_replay, to_row


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

    seed: int
    chat: FinalAnswer
    assemble_training_set: AssembleTrainingSet


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write the parent's rows, then the new ones, then those for replay."""
    history = files.read_records(paths.history, TrainingRow)
    selected = files.read_records(paths.selected, Candidate)
    good = files.read_records(paths.good, Case)
    rng = random.Random(params.seed)
    solutions = kept_by_candidate(files.read_records(paths.solutions, Solution))
    new = [to_row(one, solution, paths.iteration) for one in selected for solution in solutions[one.id]]
    replay = draw_replay(good, [*history, *new], len(new), params.assemble_training_set.replay, rng)
    new += [to_replay(case, paths.iteration) for case in replay]
    styled = [in_style(row, params.chat, params.assemble_training_set) for row in new]
    files.write_records(paths.out, [*history, *styled])
    return {
        "history": len(history),
        "selected": len(selected),
        "solutions": len(new) - len(replay),
        "replay": len(replay),
        "written": len(history) + len(new),
    }


if __name__ == "__main__":
    stage.run(main, __doc__)
