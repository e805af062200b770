"""One-shot selection by engine: candidates a minute, with a candidate's example read once, and read with each case.

    python -m benchmarks.selection_engines ../pilot [--candidates 8] [--bad 4] [--good 2]

`../pilot` is a clone of the repository whose `synthesize_data` has run; model, prompts and settings are those of its
params, and candidates and cases are drawn from its first iteration. Each way runs the trials of `select_data` for the
scores `likelihood` and `accuracy`, the latter with the likelihoods that decide between candidates of equal score.
The transformers engine reads an example once by itself, vLLM by its cache of prefixes, which is switched off here.
"""

import contextlib
import os
import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args
from unittest.mock import patch

from benchmarks import inputs, results, selection
from benchmarks.clock import Clock
from stages import select_data
from stages.core import runtime
from stages.core.params import declared
from stages.core.runtime import Runtime
from stages.model import chat, inference
from stages.model.checkpoints import Target
from stages.model.engines import vllm
from stages.model.engines.shared_prefix import SharedPrefixEngine
from stages.model.engines.token_prompts import TokenPromptEngine
from stages.model.engines.transformers import TransformersEngine
from stages.model.generation import Engine
from stages.model.workers import InProcess
from stages.selection import trials
from stages.selection.scores.interface import ScoreInputs, untried
from stages.selection.settings import Keep

Score = Literal["likelihood", "accuracy"]
SCORES: tuple[Score, ...] = get_args(Score)
Way = tuple[Literal["transformers", "vllm"], Literal["once", "with each case"]]
Open = Callable[[Target, select_data.Params, Runtime], AbstractContextManager[Engine]]


class WholePrompts(SharedPrefixEngine):
    """The transformers engine, which reads an example with each case."""

    pasts = TokenPromptEngine.pasts
    generations = TransformersEngine.generations
    likelihoods = TransformersEngine.likelihoods


def main() -> None:
    """Measure each way."""
    parser = inputs.parser(__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--candidates", type=int, default=8)
    parser.add_argument("--bad", type=int, default=4)
    parser.add_argument("--good", type=int, default=2)
    arguments = parser.parse_args()
    with contextlib.chdir(arguments.project):
        os.environ["DVC_STAGE"] = "select_data@iter1"  # whose params are read
        params = declared(select_data.Params)
        scored = draw(params, arguments.candidates, arguments.bad, arguments.good)
        rows = [measured(way, score, scored, params) for way in OPEN for score in SCORES]
    results.write("selection_engines", rows)


def draw(params: select_data.Params, count: int, bad: int, good: int) -> ScoreInputs:
    """Draw candidates, and the cases that they are tried on, in the style that the target is to write."""
    drawn, cases = selection.draw(Path("data/iter1"), count, bad, good)
    shown = [select_data.in_style(one, params) for one in drawn]
    styled_bad, styled_good = ([select_data.in_style(one, params) for one in half] for half in (cases.bad, cases.good))
    cases = replace(cases, bad=styled_bad, good=styled_good)
    return untried(shown, cases, dict.fromkeys((one.id for one in shown), 1), {}, random.Random(0))


def measured(way: Way, score: Score, scored: ScoreInputs, params: select_data.Params) -> dict[str, Any]:
    """Run all trials of a score by one way; the engine is loaded before the clock starts."""
    machine, target = replace(runtime.load(), engine=way[0]), Target(Path("models/base"), None)
    settings = trials.TrialSettings(
        replace(params.select_data, score=score, keep=Keep("fraction", 0.5, "all")),
        chat.load(params.chat, target.base),
        inference.fingerprint(target, params.dtype, params.generation, machine),
        params.generation.max_new_tokens,
        machine.batch_tokens,
    )
    clock = Clock()
    with OPEN[way](target, params, machine) as engine, tempfile.TemporaryDirectory() as scratch:
        os.environ["SEI_CACHE"] = scratch  # a journal of another way would answer
        clock.run(trials.run_trials, InProcess(engine), scored, settings)
    return {
        "engine": way[0],
        "example": way[1],
        "score": score,
        "candidates": len(scored.candidates),
        "trials": len(scored.candidates) * len(scored.trial_cases.cases()),
        "candidates_per_minute": round(60 * len(scored.candidates) / clock.seconds, 2),
    }


@contextmanager
def without_cache(target: Target, params: select_data.Params, machine: Runtime) -> Iterator[Engine]:
    """Open vLLM with its cache of prefixes switched off."""
    loading = vllm.loading

    def plain(*args: Any) -> dict[str, Any]:
        request = loading(*args)
        return request | {"llm": request["llm"] | {"enable_prefix_caching": False}}

    with (
        patch.object(vllm, "loading", plain),
        inference.open_engine(target, params.dtype, params.generation, machine) as engine,
    ):
        yield engine


def shared(target: Target, params: select_data.Params, machine: Runtime) -> AbstractContextManager[Engine]:
    """Open an engine as the stage does."""
    return inference.open_engine(target, params.dtype, params.generation, machine)


@contextmanager
def whole_prompts(target: Target, params: select_data.Params, machine: Runtime) -> Iterator[Engine]:
    """Open the transformers engine without its caches of examples."""
    runtime.set_threads(machine.threads)
    yield WholePrompts(target, params.dtype, params.generation, machine.device)


OPEN: dict[Way, Open] = {
    ("transformers", "once"): shared,
    ("transformers", "with each case"): whole_prompts,
    ("vllm", "once"): shared,
    ("vllm", "with each case"): without_cache,
}


if __name__ == "__main__":
    main()
