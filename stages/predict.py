"""Let the parent model solve the training problems."""

import argparse
from collections import Counter
from dataclasses import dataclass

from stages.core import files, params, runtime, stage
from stages.core.records import Prediction, Problem
from stages.model import inference, tokens
from stages.model.chat import ChatFormat, ChatParams
from stages.model.checkpoints import Dtype, Target
from stages.model.generation import Generation, GenerationParams


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    chat: ChatParams
    dtype: Dtype
    generation: GenerationParams


def to_prediction(problem: Problem, made: Generation) -> Prediction:
    """Return the record of what the model wrote for a problem."""
    return Prediction(files.content_id(problem.id, made.text), problem.id, made.text, made.tokens, made.stop)


def main(arguments: argparse.Namespace) -> dict[str, object]:
    """Write one prediction for each problem, in the problems' order."""
    declared = params.declared(Params)
    problems = files.read_records(arguments.problems, Problem)
    tokens.check_prompts(arguments.base, ChatFormat(declared.chat))
    made = inference.solve(
        Target.of(arguments.model, arguments.base),
        problems,
        chat=declared.chat,
        dtype=declared.dtype,
        params=declared.generation,
        title="predict",
    )
    files.write_records(arguments.out, (to_prediction(problem, made[problem.id]) for problem in problems))
    stops = Counter(generation.stop for generation in made.values())
    return {
        "problems": len(problems),
        "tokens": sum(g.tokens for g in made.values()),
        **dict(sorted(stops.items())),
        **inference.made_by(runtime.load()),
    }


if __name__ == "__main__":
    stage.run(main, __doc__, inputs=["problems", "model", "base"], outputs=["out"])
