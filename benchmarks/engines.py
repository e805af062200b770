"""One engine against the transformers engine: tokens a second, and how alike verdicts, texts and likelihoods are.

    python -m benchmarks.engines --engine vllm --base models/base --problems data/problems/train.jsonl
    python -m benchmarks.engines --engine openai --base models/base --adapter models/iter1 --problems ...

Both write after the same prompts, in batches of `runtime.batch_tokens`, and score the gold solutions; the engine's
settings are those of `runtime` in params.yaml. The other engine comes first and is gone before the transformers engine
loads, so that one GPU serves both. Loading is timed by itself. Where there is no GPU, the stand-in of the tests shows
that the comparison runs; its seconds mean nothing:

    PYTHONPATH=tests/stand_ins:. VLLM_STAND_IN_LOG=/dev/null python -m benchmarks.engines --engine vllm ...
"""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

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
    """What one engine wrote after each prompt, what it finds of each gold solution, and its seconds."""

    made: list[Generation]
    likelihoods: list[float]
    loading: float
    writing: float
    scoring: float


def run(target: Target, pairs: Sequence[tuple[str, str]], arguments: argparse.Namespace, runtime: Runtime) -> Run:
    """Load an engine, and let it write after each prompt and score each completion."""
    started = time.perf_counter()
    generation = GenerationParams(arguments.new_tokens)
    with inference.open_engine(target, arguments.dtype, generation, runtime) as engine:
        loaded = time.perf_counter()
        sizes = {str(i): len(ids) + arguments.new_tokens for i, ids in enumerate(engine.encode([p for p, _ in pairs]))}
        batches = [[int(key) for key in batch] for batch in make_batches(sizes, runtime.batch_tokens)]
        made = {i: one for b in batches for i, one in zip(b, engine.generate([pairs[i][0] for i in b]), strict=True)}
        written = time.perf_counter()
        found: dict[int, float] = {}
        if engine.has_likelihoods:
            for batch in batches:
                found |= zip(batch, engine.log_likelihoods([pairs[i] for i in batch]), strict=True)
        scored = time.perf_counter()
    order = sorted(made)
    return Run(
        [made[i] for i in order],
        [found[i] for i in order if i in found],
        loaded - started,
        written - loaded,
        scored - written,
    )


def tell(name: str, one: Run) -> None:
    """Print how long an engine took."""
    tokens = sum(generation.tokens for generation in one.made)
    scored = f"{len(one.likelihoods) / one.scoring:.1f} likelihoods/s" if one.likelihoods else "no likelihoods"
    print(
        f"{name:12} {tokens / one.writing:9.1f} tokens/s ({tokens} in {one.writing:.1f} s), {scored}, "
        f"{one.loading:.1f} s to load"
    )


def compare(problems: Sequence[Problem], one: Run, other: Run) -> None:
    """Print how alike the two are."""

    def verdict(problem: Problem, made: Generation) -> str:
        return grade(problem.answer, made.text, truncated=made.stop == Stop.LENGTH).verdict

    pairs = list(zip(problems, one.made, other.made, strict=True))
    verdicts = sum(verdict(problem, a) == verdict(problem, b) for problem, a, b in pairs)
    texts = sum(a == b for _, a, b in pairs)
    print(f"the same: {verdicts} of {len(pairs)} verdicts ({verdicts / len(pairs):.1%}), {texts} texts")
    if one.likelihoods:
        off = [abs(a - b) for a, b in zip(one.likelihoods, other.likelihoods, strict=True)]
        print(f"likelihoods differ by {statistics.fmean(off):.4f} nats a token on average, {max(off):.4f} at most")


def device() -> str:
    """Return the name of the GPU, or that there is none."""
    import torch  # heavy

    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"


def main() -> None:
    """Read the command line, run both engines and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--engine", choices=[name for name in inference.ENGINES if name != "transformers"], required=True
    )
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=1000)
    parser.add_argument("--new-tokens", type=int, default=160)
    parser.add_argument("--dtype", default="auto", choices=["auto", "bfloat16", "float32"])
    arguments = parser.parse_args()
    problems = files.read_records(arguments.problems, Problem)[: arguments.limit]
    form = ChatFormat(params.parse(ChatParams, params.read_yaml(Path("params.yaml"))["chat"], "chat"))
    pairs = [(form.prompt(problem.question), form.completion(problem.solution)) for problem in problems]
    target = Target(arguments.base, arguments.adapter)
    try:
        runtime = load()
        one = run(target, pairs, arguments, replace(runtime, engine=arguments.engine))
        other = run(target, pairs, arguments, replace(runtime, engine="transformers"))
    except SeiError as error:
        sys.exit(f"error: {error}")
    print(f"{len(problems)} problems, {device()}, runtime.batch_tokens {runtime.batch_tokens}")
    tell(arguments.engine, one)
    tell("transformers", other)
    print(f"ratio        {other.writing / one.writing:9.2f} in writing")
    compare(problems, one, other)


if __name__ == "__main__":
    main()
