"""Let a target solve problems: the one way in which predict and evaluate do it, and the one choice of an engine."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from stages.pipeline import runtime
from stages.pipeline.files import content_id
from stages.pipeline.records import Problem
from stages.target.chat import ChatFormat, ChatParams
from stages.target.generation import Engine, Generation, GenerationParams, generate_all
from stages.target.models import Dtype, Target
from stages.target.openai_engine import OpenAIEngine
from stages.target.shared_prefix import SharedPrefixEngine
from stages.target.vllm_engine import VllmEngine


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
    with open_engine(target, dtype, params, speed) as engine:
        return generate_all(
            engine,
            {problem.id: form.prompt(problem.question) for problem in problems},
            fingerprint=fingerprint(target, dtype, params, speed),
            max_new_tokens=params.max_new_tokens,
            batch_tokens=speed.batch_tokens,
            title=title,
        )


def made_by(speed: runtime.Runtime) -> dict[str, str]:
    """Return what metrics say of the engine: nothing of the one that stands for all others, else its name."""
    return {} if speed.engine == "transformers" else {"engine": speed.engine}
