"""How much faster two workers of a Ray cluster predict than one, on the same prompts, one thread each.

    ray start --head --num-cpus 2 --include-dashboard=false --disable-usage-stats
    python -m benchmarks.ray_scaling [--base models/base] [--problems FILE] [--prompts 128]
    ray stop

Each number of workers runs `--repeats` times in turn, so that what else runs on the machine slows all alike. A run
starts with processes that have nothing loaded: its seconds contain the start of Python and the loading of the model.
All runs must write the same: `different_outputs` is 1.
"""

import os
import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import inputs, results
from benchmarks.clock import Clock
from stages.core import files
from stages.core.records import Problem
from stages.core.runtime import RayRuntime, Runtime
from stages.model import chat, inference
from stages.model.chat import ChatParams
from stages.model.checkpoints import Target
from stages.model.generation import Generation, GenerationParams, generate_all

CHAT = ChatParams("file", "stages/prompts/chatml.jinja", None, "{question}", {}, final_answer="#### {answer}")
BATCH_TOKENS, NEW_TOKENS = 2000, 160


def main() -> None:
    """Predict with one worker and with two in turn, and write the medians."""
    parser = inputs.parser(__doc__)
    parser.add_argument("--base", type=Path, default=Path("models/base"))
    parser.add_argument("--problems", type=Path, default=Path("data/problems/held_out/test/procedural.jsonl"))
    parser.add_argument("--prompts", type=int, default=128)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    problems = files.read_records(arguments.problems, Problem)[: arguments.prompts]
    form = chat.load(CHAT, arguments.base)
    prompts = {problem.id: form.prompt(problem.question) for problem in problems}
    clocks = {workers: [Clock() for _ in range(arguments.repeats)] for workers in (1, 2)}
    predict(arguments.base, dict(list(prompts.items())[:2]), 1)  # reads the disk once for all
    outputs = {
        tuple(clocks[workers][turn].run(predict, arguments.base, prompts, workers).items())
        for turn in range(arguments.repeats)
        for workers in clocks
    }
    results.write("ray_scaling", _rows(clocks, len(prompts), len(outputs)))


def predict(base: Path, prompts: dict[str, str], workers: int) -> dict[str, Generation]:
    """Return the generations of some workers, with no journal of an earlier run."""
    ray = RayRuntime("auto", workers, {"CPU": 1.0})
    runtime = Runtime(1, "cpu", 1, None, BATCH_TOKENS, "transformers", None, None, ray)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["SEI_CACHE"] = scratch
        with inference.open_workers(Target(base, None), "auto", GenerationParams(NEW_TOKENS, True), runtime) as opened:
            return generate_all(
                opened,
                prompts,
                fingerprint=str(workers),
                max_new_tokens=NEW_TOKENS,
                batch_tokens=BATCH_TOKENS,
                title=f"{workers} workers",
            )


def _rows(clocks: dict[int, list[Clock]], prompts: int, outputs: int) -> list[dict[str, Any]]:
    median = {workers: statistics.median(clock.seconds for clock in runs) for workers, runs in clocks.items()}
    return [
        {
            "workers": workers,
            "prompts": prompts,
            "seconds": round(seconds, 1),
            "share": round(seconds / median[1], 2),
            "different_outputs": outputs,
        }
        for workers, seconds in median.items()
    ]


if __name__ == "__main__":
    main()
