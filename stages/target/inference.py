"""Let a target solve problems: the one way in which predict and evaluate do it."""

from collections.abc import Sequence

from stages.pipeline import runtime
from stages.pipeline.files import content_id
from stages.pipeline.records import Problem
from stages.target.chat import ChatFormat, ChatParams
from stages.target.generation import Engine, Generation, GenerationParams, generate_all
from stages.target.models import Dtype, Target
from stages.target.transformers_engine import TransformersEngine


def load_engine(target: Target, dtype: Dtype, params: GenerationParams, speed: runtime.Runtime) -> Engine:
    """Set the thread count and load the target into the engine."""
    runtime.set_threads(speed.threads)
    return TransformersEngine(target, dtype, params, speed.device)


def fingerprint(target: Target, dtype: Dtype, params: GenerationParams) -> str:
    """Return a hash of the model and of all settings that can change what it writes."""
    return content_id(target.fingerprint(), dtype, str(params.max_new_tokens))


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
    return generate_all(
        load_engine(target, dtype, params, speed),
        {problem.id: form.prompt(problem.question) for problem in problems},
        fingerprint=fingerprint(target, dtype, params),
        max_new_tokens=params.max_new_tokens,
        batch_tokens=speed.batch_tokens,
        title=title,
    )
