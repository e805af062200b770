"""What a target can do, tried with the chosen engine before anything is paid for."""

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from stages.answers.final_answer import DEFAULT, with_ending
from stages.core.exceptions import SeiError, SourceError, one_line
from stages.core.records import TargetCheck
from stages.core.runtime import Runtime
from stages.model import checkpoints, inference
from stages.model.chat import ChatFormat
from stages.model.checkpoints import Dtype, Target
from stages.model.generation import Engine, GenerationParams, SplitPrompt

logger = logging.getLogger(__name__)

QUESTION = "Tom has 2 apples and buys 3 more. How many apples has he now?"
SOLUTION = "2 + 3 = 5\n#### 5"
EXAMPLE = ("Ann reads 4 pages a day. How many pages does she read in 2 days?", "4 * 2 = 8\n#### 8")
_NEW_TOKENS = 8
_OFF = 0.2  # nats a token; far more than rounding in 16 bit


@dataclass(frozen=True)
class Trial:
    """What an engine did with the target: the tokens it wrote, and a solution's likelihood in nats a token."""

    tokens: int
    likelihood: float | None


def describe(base: Path, form: ChatFormat, params: GenerationParams) -> TargetCheck:
    """Return what prompts look like and where a generation ends, by the files of the target alone."""
    tokenizer, context = form.tokenizer, checkpoints.context(base)
    prompt, (solution, example) = form.prompt(QUESTION), solved(form)
    warnings = form.warnings()
    if context and len(tokenizer(prompt, add_special_tokens=False)["input_ids"]) + params.max_new_tokens > context:
        warnings.append(
            f"generation.max_new_tokens: {params.max_new_tokens} and a prompt are more than the {context} tokens that "
            "the model reads"
        )
    return TargetCheck(
        prompt=prompt,
        completion=form.completion(solution),
        example_prompt=form.prompt(QUESTION, [example]),
        end_of_turn=form.end_of_turn,
        end_tokens=[tokenizer.decode([token]) for token in sorted(form.ends)],
        context=context,
        warnings=warnings,
    )


def solved(form: ChatFormat) -> tuple[str, tuple[str, str]]:
    """Return the solution of `QUESTION`, and the example with its own, both as the target is to write them."""
    ending = form.ending(DEFAULT)
    question, solution = EXAMPLE
    return with_ending(SOLUTION, "5", ending), (question, with_ending(solution, "8", ending))


def run(base: Path, form: ChatFormat, dtype: Dtype, params: GenerationParams, runtime: Runtime) -> Trial:
    """Write after a prompt and score a solution, with the chosen engine; it is closed at the end.

    Raises:
        SourceError: the engine cannot do that with this target.
    """
    few = replace(params, max_new_tokens=_NEW_TOKENS)
    solution, example = solved(form)
    texts = (form.prompt(QUESTION), form.prompt(QUESTION, [example]), form.completion(solution))
    with (
        explaining(f"runtime.engine: {runtime.engine} cannot run this target"),
        inference.open_workers(Target(base, None), dtype, few, runtime) as workers,
    ):
        ((_, trial),) = workers.each(_try, [texts])
    if trial.likelihood is not None and not math.isfinite(trial.likelihood):
        raise SourceError(
            f"{base}: the target gives a solution the likelihood {trial.likelihood}; set dtype: float32, or look at "
            "its weights"
        )
    return trial


@contextmanager
def explaining(what: str) -> Iterator[None]:
    """Turn whatever a library says about a model that it cannot run into one line."""
    try:
        yield
    except SeiError:
        raise
    except Exception as error:
        logger.debug("%s", what, exc_info=True)
        raise SourceError(f"{what}: {type(error).__name__}: {one_line(error)}") from error


def _try(engine: Engine, texts: tuple[str, str, str]) -> Trial:
    prompt, shown, completion = texts
    (generation,) = engine.generate([prompt])
    if not engine.has_likelihoods:
        return Trial(generation.tokens, None)
    (likelihood,) = engine.log_likelihoods([(shown, completion)])
    _try_prefix(engine, shown, completion, likelihood)
    return Trial(generation.tokens, likelihood)


def _try_prefix(engine: Engine, prompt: str, completion: str, likelihood: float) -> None:
    """Score as `select_data` does, the start of the prompt read before; a warning says where that fails."""
    whole, completed = engine.encode([prompt, completion])
    try:
        (past,) = engine.pasts([whole[: len(whole) // 2]])
        split = SplitPrompt(past, whole[len(whole) // 2 :])
        (value,) = engine.likelihoods([(split, completed)], len(whole) + len(completed))
        fault = f"{value:.2f} and not {likelihood:.2f} nats a token" if abs(value - likelihood) > _OFF else None
    except (AttributeError, IndexError, KeyError, NotImplementedError, RuntimeError, TypeError, ValueError) as error:
        fault = f"{type(error).__name__}: {one_line(error)}"
    if fault:
        logger.warning(
            "warning: a prompt whose start was read before scores wrongly (%s): select_data needs another "
            "runtime.engine for this target, or select_data.score: random",
            fault,
        )
