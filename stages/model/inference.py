"""Let a target solve problems: the one way in which predict and evaluate do it, and the one choice of an engine."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from functools import partial

from stages.core import runtime
from stages.core.files import content_id
from stages.core.records import Problem
from stages.model.chat import ChatFormat, ChatParams
from stages.model.checkpoints import Dtype, Target, context
from stages.model.engines.openai import OpenAIEngine
from stages.model.engines.shared_prefix import SharedPrefixEngine
from stages.model.engines.vllm import VllmEngine
from stages.model.generation import Engine, Generation, GenerationParams, Workers, generate_all
from stages.model.workers import InProcess, OnCluster


@contextmanager
def open_engine(target: Target, dtype: Dtype, params: GenerationParams, speed: runtime.Runtime) -> Iterator[Engine]:
    """Load the target into the engine that `runtime.engine` names, and end that engine with the block."""
    if speed.engine == "openai":
        assert speed.openai  # `runtime.load` has seen to it
        with closing(OpenAIEngine(target, params, speed.openai)) as served:
            yield served
        return
    runtime.set_threads(speed.threads)
    if speed.engine == "vllm":
        assert speed.vllm  # as above
        with closing(VllmEngine(target, dtype, params, speed.device, speed.vllm)) as vllm:
            yield vllm
    else:
        yield SharedPrefixEngine(target, dtype, params, speed.device)


@contextmanager
def open_workers(target: Target, dtype: Dtype, params: GenerationParams, speed: runtime.Runtime) -> Iterator[Workers]:
    """Open the engine here, or let the workers of the cluster that `runtime.ray` names open it when they need it."""
    if speed.ray:
        limit = context(target.base)
        if limit and speed.engine == "vllm":
            limit -= 1  # for the one more token that it wants room for
        yield OnCluster(target, partial(_open_at_worker, dtype, params, speed), speed.ray, limit)
    else:
        with open_engine(target, dtype, params, speed) as engine:
            yield InProcess(engine)


def _open_at_worker(
    dtype: Dtype, params: GenerationParams, speed: runtime.Runtime, target: Target
) -> AbstractContextManager[Engine]:
    """Open the engine on what Ray has set aside: no GPU was asked for where the CPU is meant."""
    assert speed.ray
    device = speed.device if speed.ray.resources_per_worker.get("GPU") else "cpu"
    return open_engine(target, dtype, params, replace(speed, device=device))


def fingerprint(target: Target, dtype: Dtype, params: GenerationParams, speed: runtime.Runtime) -> str:
    """Return a hash of the model and of all settings that can change what it writes.

    Engines write almost the same; rows of two of them are not mixed in one file.
    """
    parts = [target.fingerprint(), dtype, str(params.max_new_tokens)]
    if speed.engine != "transformers":
        parts.append(speed.engine)
    if speed.engine == "openai" and speed.openai:
        parts += [speed.openai.base_url, speed.openai.model]
    return content_id(*parts)


def solve(
    target: Target,
    problems: Sequence[Problem],
    *,
    chat: ChatParams,
    dtype: Dtype,
    params: GenerationParams,
    title: str,
) -> dict[str, Generation]:
    """Return the target's generation for every problem, by the problem's id; `title` is that of the progress bar."""
    speed = runtime.load()
    form = ChatFormat(chat)
    with open_workers(target, dtype, params, speed) as workers:
        return generate_all(
            workers,
            {problem.id: form.prompt(problem.question) for problem in problems},
            fingerprint=fingerprint(target, dtype, params, speed),
            max_new_tokens=params.max_new_tokens,
            batch_tokens=speed.batch_tokens,
            title=title,
        )


def made_by(speed: runtime.Runtime) -> dict[str, str]:
    """Return what metrics say of the engine: nothing of the one that stands for all others, else its name."""
    return {} if speed.engine == "transformers" else {"engine": speed.engine}
