"""Measure a model on the held-out problems: accuracy, verdicts, and kinds of mistake."""

from dataclasses import asdict, dataclass

from stages.core import files, runtime, stage
from stages.core.problem_sets import read_held_out
from stages.evaluation import pooled
from stages.evaluation.graded import summarize, to_test_prediction
from stages.model import inference
from stages.model.chat import ChatParams
from stages.model.checkpoints import Dtype, Target
from stages.model.generation import GenerationParams, Sampling


@dataclass(frozen=True)
class Paths:
    """Options that dvc.yaml passes."""

    model: stage.Input
    base: stage.Input
    held_out: stage.Input
    out: stage.Output
    metrics: stage.Output


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    chat: ChatParams
    dtype: Dtype
    generation: GenerationParams
    evaluate: Sampling


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write graded predictions of all held-out sets, the metrics of each, and those pooled over several."""
    sets = read_held_out(paths.held_out)
    # A problem in several sets is solved once.
    problems = {problem.id: problem for members in sets.values() for problem in members}
    generations = inference.solve(
        Target.of(paths.model, paths.base),
        list(problems.values()),
        chat_params=params.chat,
        dtype=params.dtype,
        params=params.generation,
        title="evaluate",
        sampling=params.evaluate,
    )
    engine = runtime.load().engine
    predictions = {
        name: [
            to_test_prediction(name, problem, generation, engine, sample)
            for problem in members
            for sample, generation in enumerate(generations[problem.id])
        ]
        for name, members in sets.items()
    }
    metrics = {name: summarize(of_set, engine) for name, of_set in predictions.items()}
    files.write_records(paths.out, (prediction for of_set in predictions.values() for prediction in of_set))
    everything = metrics | pooled.evaluations(metrics)
    files.write_json(paths.metrics, {name: asdict(evaluation) for name, evaluation in everything.items()})
    correct = {name: f"{evaluation.correct:g}/{evaluation.scored} correct" for name, evaluation in metrics.items()}
    return {**correct, "engine": engine}


if __name__ == "__main__":
    stage.run(main, __doc__)
