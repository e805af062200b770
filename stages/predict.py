"""Let the parent model solve the training problems."""

import logging
from collections import Counter
from dataclasses import dataclass

from stages.core import files, runtime, stage
from stages.core.records import Prediction, Problem
from stages.model import inference
from stages.model.chat import ChatParams
from stages.model.checkpoints import Dtype, Target
from stages.model.generation import Generation, GenerationParams

logger = logging.getLogger(__name__)


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


def to_prediction(problem: Problem, output: Generation, engine: str) -> Prediction:
    """Return the record of the model's output for a problem."""
    key = files.content_id(problem.id, output.text)
    return Prediction(key, problem.id, output.text, output.tokens, output.stop, engine)


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write one prediction for each problem, in the problems' order."""
    problems = files.read_records(paths.problems, Problem)
    speed = runtime.load()
    if hint := inference.hint(speed):
        logger.info(hint)
    outputs = inference.solve(
        Target.of(paths.model, paths.base),
        problems,
        chat_params=params.chat,
        dtype=params.dtype,
        params=params.generation,
        title="predict",
    )
    files.write_records(paths.out, (to_prediction(problem, outputs[problem.id], speed.engine) for problem in problems))
    stops = Counter(output.stop for output in outputs.values())
    return {
        "problems": len(problems),
        "tokens": sum(output.tokens for output in outputs.values()),
        **dict(sorted(stops.items())),
        "engine": speed.engine,
    }


if __name__ == "__main__":
    stage.run(main, __doc__)
