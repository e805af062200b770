"""How much faster two workers of a Ray cluster predict than one, on the same prompts, one thread each.

    ray start --head --num-cpus 2 --include-dashboard=false --disable-usage-stats
    python -m benchmarks.ray_scaling --base models/base --problems data/problems/test.jsonl --prompts 128
    ray stop

Each number of workers runs `--repeats` times in turn, so that what else runs on the machine slows all alike. A run
starts with processes that have nothing loaded: its seconds contain the start of Python and the loading of the model,
and `after the first batch` leaves those out.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from stages.core import files
from stages.core.records import Problem
from stages.core.runtime import RayRuntime, Runtime
from stages.model import inference
from stages.model.chat import ChatFormat, ChatParams
from stages.model.checkpoints import Target
from stages.model.generation import Generation, GenerationParams, Workers, generate_all

CHAT = ChatFormat(ChatParams("stages/prompts/chatml.jinja", "{question}", "<|im_end|>"))


class Timed:
    """Passes on to workers and notes when their first result came."""

    def __init__(self, workers: Workers) -> None:
        """Wrap workers."""
        self._workers = workers
        self.first = 0.0

    def __getattr__(self, name: str) -> Any:
        """Return what the workers have."""
        return getattr(self._workers, name)

    def each(self, work: Any, units: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """Yield what the workers yield."""
        for done in self._workers.each(work, units):
            self.first = self.first or time.perf_counter()
            yield done


def predict(arguments: argparse.Namespace, workers: int) -> tuple[dict[str, Generation], float, float]:
    """Return the generations, the seconds they took, and the seconds after the first batch."""
    ray = RayRuntime(arguments.address, workers, {"CPU": 1.0})
    runtime = Runtime(1, "cpu", 1, None, arguments.batch_tokens, "transformers", None, None, ray)
    problems = files.read_records(arguments.problems, Problem)[: arguments.prompts]
    params = GenerationParams(arguments.new_tokens)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["SEI_CACHE"] = scratch
        started = time.perf_counter()
        with inference.open_workers(Target(arguments.base, None), arguments.dtype, params, runtime) as chosen:
            timed = Timed(chosen)
            made = generate_all(
                timed,  # type: ignore[arg-type]  # passes on what it does not have itself
                {problem.id: CHAT.prompt(problem.question) for problem in problems},
                fingerprint=str(workers),
                max_new_tokens=arguments.new_tokens,
                batch_tokens=arguments.batch_tokens,
                title=f"{workers} workers",
            )
        ended = time.perf_counter()
    return made, ended - started, ended - timed.first


def main() -> None:
    """Print the seconds of each run, and how the medians compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--address", default="auto")
    parser.add_argument("--prompts", type=int, default=128)
    parser.add_argument("--new-tokens", type=int, default=160)
    parser.add_argument("--batch-tokens", type=int, default=2000)
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    seconds: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    outputs = set()
    predict(argparse.Namespace(**vars(arguments) | {"prompts": 2, "new_tokens": 1}), 1)  # reads the disk once for all
    for _ in range(arguments.repeats):
        for workers, runs in seconds.items():
            made, total, after = predict(arguments, workers)
            outputs.add(tuple(made.items()))
            runs.append((total, after))
            print(f"{workers} workers: {total:.1f} s, {after:.1f} s after the first batch", flush=True)
    for index, what in enumerate(("all", "after the first batch")):
        one, two = (statistics.median(run[index] for run in seconds[workers]) for workers in (1, 2))
        print(f"{what}: {two:.1f} / {one:.1f} s = {two / one:.2f}")
    print("same outputs" if len(outputs) == 1 else f"{len(outputs)} DIFFERENT OUTPUTS")


if __name__ == "__main__":
    main()
