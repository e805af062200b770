"""Let the parent model solve the training problems."""

from collections import Counter
from dataclasses import dataclass

from stages.core import files, runtime, stage
from stages.core.records import Prediction, Problem
from stages.model import inference
from stages.model.chat import ChatParams
from stages.model.checkpoints import Dtype, Target
from stages.model.generation import Generation, GenerationParams


@dataclass(frozen=True)
class Paths:
    """Options that dvc.yaml passes."""

    model: stage.Input
    base: stage.Input
    problems: stage.Input
    out: stage.Output


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    chat: ChatParams
    dtype: Dtype
    generation: GenerationParams


def to_prediction(problem: Problem, output: Generation) -> Prediction:
    """Return the record of the model's output for a problem."""
    return Prediction(files.content_id(problem.id, output.text), problem.id, output.text, output.tokens, output.stop)


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write one prediction for each problem, in the problems' order."""
    problems = files.read_records(paths.problems, Problem)
    outputs = inference.solve(
        Target.of(paths.model, paths.base),
        problems,
        chat=params.chat,
        dtype=params.dtype,
        params=params.generation,
        title="predict",
    )
    files.write_records(paths.out, (to_prediction(problem, outputs[problem.id]) for problem in problems))
    stops = Counter(output.stop for output in outputs.values())
    return {
        "problems": len(problems),
        "tokens": sum(output.tokens for output in outputs.values()),
        **dict(sorted(stops.items())),
        "engine": runtime.load().engine,
    }


if __name__ == "__main__":
    stage.run(main, __doc__)
