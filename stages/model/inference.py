"""The table of engines, and solving problems with a target, for predict and evaluate alike."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from shutil import which

from stages.core.files import content_id
from stages.core.grouping import grouped
from stages.core.journal import Journal
from stages.core.records import Problem
from stages.core.runtime import Runtime
from stages.core.runtime import load as load_runtime
from stages.model import chat
from stages.model.chat import ChatParams
from stages.model.checkpoints import Dtype, Target, context, dtype_name, pick_device
from stages.model.engines import openai, shared_prefix, vllm
from stages.model.generation import (
    GREEDY,
    Engine,
    Generation,
    GenerationParams,
    Sampling,
    Stop,
    Workers,
    generate_all,
    journal_path,
    log_likelihoods,
)
from stages.model.workers import InProcess, OnCluster

logger = logging.getLogger(__name__)

_MANY = 0.1  # fraction of generations that ran to the limit


@dataclass(frozen=True)
class EngineKind:
    """How to open an engine, and what is known of it before.

    Attributes:
        open: loads a target; the engine ends with the block.
        identity: the values of `runtime` that can change its texts.
        reserved: tokens of the model's context that it keeps for itself.
    """

    open: Callable[[Target, Dtype, GenerationParams, Runtime], AbstractContextManager[Engine]]
    identity: Callable[[Runtime], list[str]] = lambda _: []
    reserved: int = 0


ENGINES = {
    "transformers": EngineKind(shared_prefix.open_engine),
    "vllm": EngineKind(vllm.open_engine, reserved=1),
    "openai": EngineKind(openai.open_engine, openai.identity),
}


def hint(runtime: Runtime) -> str | None:
    """Return a line for the log where vLLM is installed and the transformers engine is chosen, else None."""
    python = runtime.vllm and runtime.vllm.python
    installed = which(vllm.interpreter(python)) if python else find_spec("vllm")
    if runtime.engine != "transformers" or not installed:
        return None
    in_float32 = pick_device(runtime.device) == "cpu" and dtype_name("auto") == "float32"
    factor = "about twice" if in_float32 else "several times"
    return (
        "vLLM is installed and not used: with `runtime.engine: vllm` this model would write "
        f"{factor} as many tokens a second (docs/engines.md)"
    )


def open_engine(
    target: Target, dtype: Dtype, params: GenerationParams, runtime: Runtime
) -> AbstractContextManager[Engine]:
    """Load the target into the engine that `runtime.engine` names, and end that engine with the block."""
    return ENGINES[runtime.engine].open(target, dtype, params, runtime)


@contextmanager
def open_workers(target: Target, dtype: Dtype, params: GenerationParams, runtime: Runtime) -> Iterator[Workers]:
    """Open the engine here, or let the workers of the cluster that `runtime.ray` names open it when they need it."""
    if runtime.ray:
        limit = context(target.base)
        limit = limit and limit - ENGINES[runtime.engine].reserved
        yield OnCluster(target, partial(_open_at_worker, dtype, params, runtime), runtime.ray, limit)
    else:
        with open_engine(target, dtype, params, runtime) as engine:
            yield InProcess(engine)


def _open_at_worker(
    dtype: Dtype, params: GenerationParams, runtime: Runtime, target: Target
) -> AbstractContextManager[Engine]:
    """Open the engine on the resources that Ray reserved: the CPU, where they have no GPU."""
    assert runtime.ray
    device = runtime.device if runtime.ray.resources_per_worker.get("GPU") else "cpu"
    return open_engine(target, dtype, params, replace(runtime, device=device))


def fingerprint(target: Target, dtype: Dtype, params: GenerationParams, runtime: Runtime) -> str:
    """Return a hash of the model and of all settings that can change its texts.

    Engines write almost the same; rows of two of them are not mixed in one file.
    """
    identity = ENGINES[runtime.engine].identity(runtime)
    settings = [dtype, str(params.max_new_tokens), str(params.stop_after_answer), runtime.engine]
    return content_id(target.fingerprint(), *settings, *identity)


def solve(
    target: Target,
    problems: Sequence[Problem],
    *,
    chat_params: ChatParams,
    dtype: Dtype,
    params: GenerationParams,
    title: str,
    sampling: Sampling = GREEDY,
) -> dict[str, list[Generation]]:
    """Return the target's tries at every problem, by the problem's id; `title` is that of the progress bar.

    Raises:
        ParamsError: the chat template does not fit the model.
    """
    runtime = load_runtime()
    form = chat.load(chat_params, target.base)
    generations: dict[str, Generation] = {}
    # An engine has one limit of an output, so that each limit loads the target anew.
    for limit, members in grouped(problems, lambda one: one.max_new_tokens or params.max_new_tokens).items():
        own = replace(params, max_new_tokens=limit)
        asked = {problem.id: form.prompt(problem.question, of=problem.set) for problem in members}
        with open_workers(target, dtype, own, runtime) as workers:
            for number in range(
                sampling.samples
            ):  # each with a journal of its own, so that more are added to the first
                generations |= generate_all(
                    workers,
                    {sampling.keys(name)[number]: prompt for name, prompt in asked.items()},
                    fingerprint=fingerprint(target, dtype, own, runtime),
                    max_new_tokens=limit,
                    batch_tokens=runtime.batch_tokens,
                    title=title,
                    temperature=sampling.drawn_at,
                )
    _warn_of_limit(generations)
    return {problem.id: [generations[key] for key in sampling.keys(problem.id)] for problem in problems}


def likelihoods(
    target: Target,
    solutions: Mapping[str, tuple[str, str, str]],
    *,
    chat_params: ChatParams,
    dtype: Dtype,
    params: GenerationParams,
) -> dict[str, float]:
    """Return the mean log-probability of the tokens of solutions, in nats, by key; excludes those too long to read.

    Args:
        target: that reads them.
        solutions: (question, problem set, solution) by key.
        chat_params: the `chat` section.
        dtype: of the computation.
        params: the `generation` section.

    Raises:
        ParamsError: the chat template does not fit the model.
    """
    runtime = load_runtime()
    form = chat.load(chat_params, target.base)
    pairs = {
        key: (form.prompt(question, of=of), form.completion(solution))
        for key, (question, of, solution) in solutions.items()
    }
    texts = [f"{key}:{prompt}{completion}" for key, (prompt, completion) in pairs.items()]
    name = content_id(fingerprint(target, dtype, params, runtime), str(runtime.batch_tokens), "likelihood", *texts)
    with open_workers(target, dtype, params, runtime) as workers, Journal(journal_path(name)) as journal:
        return log_likelihoods(workers, pairs, journal, runtime.batch_tokens)


def _warn_of_limit(generations: Mapping[str, Generation]) -> None:
    cut = sum(generation.stop == Stop.LENGTH for generation in generations.values())
    if cut > _MANY * len(generations):
        logger.warning(
            "warning: %d of %d outputs ran to generation.max_new_tokens; raise it, or look at the end tokens that "
            "check_target shows, at which the model should have stopped",
            cut,
            len(generations),
        )
