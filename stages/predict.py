"""Let the parent model solve the training problems."""

import logging
from collections import Counter
from dataclasses import dataclass

from stages.core import files, runtime, stage
from stages.core.records import Prediction, Problem
from stages.model import inference
from stages.model.chat import ChatParams
from stages.model.checkpoints import Dtype, Target
from stages.model.generation import Generation, GenerationParams, Sampling

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
    predict: Sampling


def to_prediction(problem: Problem, output: Generation, engine: str, sample: int = 0) -> Prediction:
    """Return the record of the model's output in a try at a problem."""
    key = files.sample_id(problem.id, output.text, sample=sample)
    return Prediction(key, problem.id, output.text, output.tokens, output.stop, engine, sample)


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write the predictions of each problem, one by default, in the problems' order."""
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
        sampling=params.predict,
    )
    predictions = [
        to_prediction(problem, output, speed.engine, sample)
        for problem in problems
        for sample, output in enumerate(outputs[problem.id])
    ]
    files.write_records(paths.out, predictions)
    stops = Counter(prediction.stop for prediction in predictions)
    return {
        "problems": len(problems),
        **({"samples of each": params.predict.samples} if params.predict.samples > 1 else {}),
        "tokens": sum(prediction.tokens for prediction in predictions),
        **dict(sorted(stops.items())),
        "engine": speed.engine,
    }


if __name__ == "__main__":
    stage.run(main, __doc__)
