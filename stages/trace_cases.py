"""Collect each bad case with its keyphrase, its error type and the problems made from it, for the report."""

from dataclasses import dataclass

from stages.core import files, records, stage
from stages.core.problem_sets import read_held_out
from stages.reporting.cases import Sources, trace


@dataclass(frozen=True)
class Paths:
    """What dvc.yaml passes; `parent_test_predictions` are those of the iteration's parent."""

    iteration: str
    parent: str
    train: stage.Input
    held_out: stage.Input
    predictions: stage.Input
    bad: stage.Input
    keyphrases: stage.Input
    types: stage.Input
    assignments: stage.Input
    synthetic: stage.Input
    rejected: stage.Input
    solutions: stage.Input
    scores: stage.Input
    training_set: stage.Input
    test_predictions: stage.Input
    parent_test_predictions: stage.Input
    out: stage.Output


def load(paths: Paths) -> Sources:
    """Read the records of one iteration."""
    held_out = read_held_out(paths.held_out)
    return Sources(
        problems=[*files.read_records(paths.train, records.Problem), *(one for of in held_out.values() for one in of)],
        predictions=files.read_records(paths.predictions, records.Prediction),
        bad_cases=files.read_records(paths.bad, records.Case),
        keyphrases=files.read_records(paths.keyphrases, records.Keyphrase),
        error_types=files.read_records(paths.types, records.ErrorType),
        assignments=files.read_records(paths.assignments, records.Assignment),
        synthetic=files.read_records(paths.synthetic, records.Candidate),
        rejected=files.read_records(paths.rejected, records.Rejected),
        solutions=files.read_records(paths.solutions, records.Solution),
        scores=files.read_records(paths.scores, records.Score),
        training_set=files.read_records(paths.training_set, records.TrainingRow),
        tests=files.read_records(paths.test_predictions, records.TestPrediction),
        parent_tests=files.read_records(paths.parent_test_predictions, records.TestPrediction),
    )


def main(paths: Paths) -> dict[str, object]:
    """Write the document of the case browser."""
    traced = trace(paths.iteration, paths.parent, load(paths))
    files.write_json(paths.out, traced)
    changes = [problem["change"] for problem in traced["held_out"]]
    return {
        "bad cases": len(traced["cases"]),
        "synthetic problems": len(traced["candidates"]),
        "fixed": changes.count("fixed"),
        "broken": changes.count("broken"),
    }


if __name__ == "__main__":
    stage.run(main, __doc__)
