"""How much faster two workers of a Ray cluster predict than one, on the same prompts, one thread each.

    ray start --head --num-cpus 2 --include-dashboard=false --disable-usage-stats
    python -m benchmarks.ray_scaling [--base models/base] [--problems data/problems/test.jsonl] [--prompts 128]
    ray stop

Each number of workers runs `--repeats` times in turn, so that what else runs on the machine slows all alike. A run
starts with processes that have nothing loaded: its seconds contain the start of Python and the loading of the model,
and `after_first_batch` leaves those out. All runs must write the same: `different_outputs` is 1.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks import inputs, results
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
                timed,  # passes on what it does not have itself
                {problem.id: CHAT.prompt(problem.question) for problem in problems},
                fingerprint=str(workers),
                max_new_tokens=arguments.new_tokens,
                batch_tokens=arguments.batch_tokens,
                title=f"{workers} workers",
            )
        ended = time.perf_counter()
    return made, ended - started, ended - timed.first


def main() -> None:
    """Predict with one worker and with two in turn, and write the medians."""
    parser = inputs.parser(__doc__)
    parser.add_argument("--base", type=Path, default=Path("models/base"))
    parser.add_argument("--problems", type=Path, default=Path("data/problems/test.jsonl"))
    parser.add_argument("--address", default="auto")
    parser.add_argument("--prompts", type=int, default=128)
    parser.add_argument("--new-tokens", type=int, default=160)
    parser.add_argument("--batch-tokens", type=int, default=2000)
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    seconds: dict[int, list[list[float]]] = {1: [], 2: []}
    outputs = set()
    predict(argparse.Namespace(**vars(arguments) | {"prompts": 2, "new_tokens": 1}), 1)  # reads the disk once for all
    for _ in range(arguments.repeats):
        for workers, runs in seconds.items():
            made, *took = predict(arguments, workers)
            outputs.add(tuple(made.items()))
            runs.append(took)
    results.write("ray_scaling", [measured(workers, seconds, len(outputs)) for workers in seconds])


def measured(workers: int, seconds: dict[int, list[list[float]]], outputs: int) -> dict[str, Any]:
    """Return the medians of the seconds of some workers, and their share of one worker's."""
    (alone, alone_after), (every, after) = (
        [statistics.median(column) for column in zip(*seconds[count], strict=True)] for count in (1, workers)
    )
    return {
        "workers": workers,
        "repeats": len(seconds[workers]),
        "seconds": round(every, 1),
        "share": round(every / alone, 2),
        "after_first_batch": round(after, 1),
        "share_after_first_batch": round(after / alone_after, 2),
        "different_outputs": outputs,
    }


if __name__ == "__main__":
    main()
