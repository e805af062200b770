"""One engine against the transformers engine: tokens a second, and how alike verdicts, texts and likelihoods are.

    python -m benchmarks.engines --engine vllm [--base models/base] [--problems data/problems/train.jsonl]
    python -m benchmarks.engines --engine openai --adapter models/iter1

Both write after the same prompts, in batches of `runtime.batch_tokens`, and score the gold solutions; the engine's
settings are those of `runtime` in params.yaml. The other engine comes first and is gone before the transformers engine
loads, so that one GPU serves both. Loading is timed by itself. Where there is no GPU, the stand-in of the tests shows
that the comparison runs; its seconds mean nothing:

    PYTHONPATH=tests/stand_ins:. VLLM_STAND_IN_LOG=/dev/null python -m benchmarks.engines --engine vllm ...
"""

import argparse
import statistics
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks import inputs, results
from benchmarks.clock import Clock
from stages.core import files, params
from stages.core.exceptions import SeiError
from stages.core.records import Problem
from stages.core.runtime import Runtime, load
from stages.grading.grade import grade
from stages.model import inference
from stages.model.chat import ChatFormat, ChatParams
from stages.model.checkpoints import Target
from stages.model.generation import Generation, GenerationParams, Stop, make_batches


@dataclass(frozen=True)
class Run:
    """What one engine wrote after each prompt, what it finds of each gold solution, and how long that took."""

    made: dict[int, Generation] = field(default_factory=dict)
    likelihoods: dict[int, float] = field(default_factory=dict)
    loading: Clock = field(default_factory=Clock)
    writing: Clock = field(default_factory=Clock)
    scoring: Clock = field(default_factory=Clock)


def main() -> None:
    """Read the command line, run both engines and write what came of it."""
    parser = inputs.parser(__doc__)
    others = [name for name in inference.ENGINES if name != "transformers"]
    parser.add_argument("--engine", choices=others, required=True)
    parser.add_argument("--base", type=Path, default=Path("models/base"))
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--problems", type=Path, default=Path("data/problems/train.jsonl"))
    parser.add_argument("--limit", type=int, default=1000)
    parser.add_argument("--new-tokens", type=int, default=160)
    parser.add_argument("--dtype", default="auto", choices=["auto", "bfloat16", "float32"])
    arguments = parser.parse_args()
    problems = files.read_records(arguments.problems, Problem)[: arguments.limit]
    form = ChatFormat(params.parse(ChatParams, params.read_yaml(Path("params.yaml"))["chat"], "chat"))
    pairs = [(form.prompt(problem.question), form.completion(problem.solution)) for problem in problems]
    try:
        runtime = load()
        one, other = (
            run(pairs, arguments, replace(runtime, engine=name)) for name in (arguments.engine, "transformers")
        )
    except SeiError as error:
        sys.exit(f"error: {error}")
    rows = [speed(arguments.engine, one) | sameness(problems, one, other), speed("transformers", other)]
    results.write(f"engine_{arguments.engine}", rows)


def run(pairs: Sequence[tuple[str, str]], arguments: argparse.Namespace, runtime: Runtime) -> Run:
    """Load an engine, and let it write after each prompt and score each completion."""
    done = Run()
    target, generation = Target(arguments.base, arguments.adapter), GenerationParams(arguments.new_tokens)
    with ExitStack() as stack:
        opening = inference.open_engine(target, arguments.dtype, generation, runtime)
        engine = done.loading.run(stack.enter_context, opening)
        sizes = {str(i): len(ids) + arguments.new_tokens for i, ids in enumerate(engine.encode([p for p, _ in pairs]))}
        batches = [[int(key) for key in batch] for batch in make_batches(sizes, runtime.batch_tokens)]
        for batch in batches:
            written = done.writing.run(engine.generate, [pairs[i][0] for i in batch])
            done.made.update(zip(batch, written, strict=True))
        for batch in batches if engine.has_likelihoods else ():
            scored = done.scoring.run(engine.log_likelihoods, [pairs[i] for i in batch])
            done.likelihoods.update(zip(batch, scored, strict=True))
    return done


def speed(name: str, one: Run) -> dict[str, Any]:
    """Return how long an engine took."""
    tokens = sum(generation.tokens for generation in one.made.values())
    scored = {"likelihoods_per_second": round(len(one.likelihoods) / one.scoring.seconds, 1)} if one.likelihoods else {}
    return {
        "engine": name,
        "device": device(),
        "problems": len(one.made),
        "tokens": tokens,
        "tokens_per_second": round(tokens / one.writing.seconds, 1),
        "seconds_to_load": round(one.loading.seconds, 1),
    } | scored


def sameness(problems: Sequence[Problem], one: Run, other: Run) -> dict[str, Any]:
    """Return in how many verdicts and texts two engines agree, and by how many nats a token likelihoods differ."""

    def verdict(index: int, made: Generation) -> str:
        return grade(problems[index].answer, made.text, truncated=made.stop == Stop.LENGTH).verdict

    off = [abs(value - other.likelihoods[index]) for index, value in one.likelihoods.items()]
    return {
        "same_verdicts": sum(verdict(i, made) == verdict(i, other.made[i]) for i, made in one.made.items()),
        "same_texts": sum(made == other.made[i] for i, made in one.made.items()),
    } | ({"mean_difference": round(statistics.fmean(off), 4), "largest_difference": round(max(off), 4)} if off else {})


def device() -> str:
    """Return the name of the GPU, or that there is none."""
    import torch  # heavy

    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"


if __name__ == "__main__":
    main()
