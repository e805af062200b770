r"""The transformers engine and vLLM on the same prompts: tokens a second, and how alike they solve.

    python -m benchmarks.engines models/base models/base+models/iter2 [--problems data/problems/test.jsonl]
    python -m benchmarks.engines BASE+ADAPTER --problems ../shared/data/gsm8k_test.jsonl --limit 200 --new-tokens 512 \
        --question '{question}\n\nPlease reason step by step, and put your final answer within \boxed{}.'

A model is a folder, with an adapter's folder after a `+`. Without an adapter both engines run it as it is. With one,
both run the merged model, and vLLM has the adapter beside the weights too, as it does on a GPU. Problems are records of
`data/problems` or rows of GSM8K. The chat format, the threads and the engines' settings are those of params.yaml.

Loading is timed by itself, without the merge. The vLLM process is gone before the next engine loads.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from benchmarks import inputs, results
from benchmarks.clock import Clock
from stages.core import params
from stages.core.exceptions import SeiError
from stages.core.runtime import Runtime, load
from stages.core.verdict import Verdict
from stages.grading.grade import grade
from stages.model import inference
from stages.model.chat import ChatFormat, ChatParams
from stages.model.checkpoints import CARD, Dtype, Target
from stages.model.engines.vllm import VllmEngine
from stages.model.generation import Engine, Generation, GenerationParams, Stop, make_batches
from stages.model.merging import merged
from stages.model.sources import LocalModel, from_disk

_IN_FLIGHT = 400_000  # tokens in a batch of vLLM, which schedules texts itself
_SCORED = 50  # gold solutions


@dataclass(frozen=True)
class Case:
    """An engine, a model and where its adapter is: `none`, `merged` into the weights, or `beside` them."""

    engine: Literal["transformers", "vllm"]
    model: str
    target: Target
    adapter: str


@dataclass(frozen=True)
class Run:
    """What one engine wrote after each prompt, what it finds of some gold solutions, and how long that took."""

    made: dict[int, Generation] = field(default_factory=dict)
    likelihoods: list[float] = field(default_factory=list)
    loading: Clock = field(default_factory=Clock)
    writing: Clock = field(default_factory=Clock)
    scoring: Clock = field(default_factory=Clock)


def main() -> None:
    """Read the command line, run both engines on each model and write what came of it."""
    parser = inputs.parser(__doc__)
    parser.add_argument("models", nargs="+", metavar="BASE[+ADAPTER]")
    parser.add_argument("--problems", type=Path, default=Path("data/problems/test.jsonl"))
    parser.add_argument("--limit", type=int, default=200)
    parser.add_argument("--new-tokens", type=int, default=160)
    parser.add_argument("--question", help="in place of chat.question; \\n stands for a line break")
    parser.add_argument("--dtype", default="auto", choices=["auto", "bfloat16", "float32"])
    arguments = parser.parse_args()
    problems = read_problems(arguments.problems)[: arguments.limit]
    form = chat_format(arguments.question)
    pairs = [(form.prompt(question), form.completion(solution)) for question, solution, _ in problems]
    try:
        with tempfile.TemporaryDirectory() as pointers:
            cases = [case for model in arguments.models for case in cases_of(model, Path(pointers))]
            runs = [(case, run(case, pairs, arguments)) for case in cases]
    except SeiError as error:
        sys.exit(f"error: {error}")
    results.write("engines", [speed(case, one) for case, one in runs])
    results.write("engines_agreement", list(agreements(runs, [answer for _, _, answer in problems])))


def read_problems(path: Path) -> list[inputs.Problem]:
    """Return question, solution and answer of each line."""
    return [
        (row["question"], row["solution"], row["answer"])
        if "solution" in row
        else (row["question"], row["answer"], row["answer"].rpartition("####")[2].strip())
        for row in inputs.rows(path)
    ]


def chat_format(question: str | None) -> ChatFormat:
    """Return the chat format of params.yaml, with another wording of the question."""
    section = params.parse(ChatParams, params.read_yaml(Path("params.yaml"))["chat"], "chat")
    return ChatFormat(replace(section, question=question.replace("\\n", "\n")) if question else section)


def cases_of(model: str, pointers: Path) -> list[Case]:
    """Return the cases of a model; a base folder without a card gets one in a folder of `pointers`."""
    base, _, adapter = model.partition("+")
    folder = Path(base)
    if not (folder / CARD).exists():
        folder = Path(tempfile.mkdtemp(dir=pointers))
        from_disk(LocalModel(base), folder)
    target = Target(folder, Path(adapter) if adapter else None)
    of_vllm = ["merged", "beside"] if adapter else ["none"]
    return [*(Case("vllm", model, target, way) for way in of_vllm), Case("transformers", model, target, of_vllm[0])]


def run(case: Case, pairs: Sequence[tuple[str, str]], arguments: argparse.Namespace) -> Run:
    """Load an engine, and let it write after each prompt and score the first completions."""
    done, runtime = Run(), replace(load(), engine=case.engine)
    batch_tokens = _IN_FLIGHT if case.engine == "vllm" else runtime.batch_tokens
    with ExitStack() as stack:
        opening = open_case(case, arguments, runtime)
        engine = done.loading.run(stack.enter_context, opening)
        sizes = {str(i): len(ids) + arguments.new_tokens for i, ids in enumerate(engine.encode([p for p, _ in pairs]))}
        for batch in [[int(key) for key in keys] for keys in make_batches(sizes, batch_tokens)]:
            written = done.writing.run(engine.generate, [pairs[i][0] for i in batch])
            done.made.update(zip(batch, written, strict=True))
        scored = pairs[:_SCORED]
        done.likelihoods.extend(done.scoring.run(engine.log_likelihoods, scored))
    return done


def open_case(case: Case, arguments: argparse.Namespace, runtime: Runtime) -> AbstractContextManager[Engine]:
    """Return what loads an engine; what vLLM gets merged is merged now, which is not timed."""
    generation = GenerationParams(arguments.new_tokens)
    if case.adapter == "beside":
        return beside(case.target, arguments.dtype, generation, runtime)
    is_copy = (case.engine, case.adapter) == ("vllm", "merged")
    target = merged(case.target, arguments.dtype) if is_copy else case.target
    return inference.open_engine(target, arguments.dtype, generation, runtime)


@contextmanager
def beside(target: Target, dtype: Dtype, generation: GenerationParams, runtime: Runtime) -> Iterator[Engine]:
    """Open vLLM with the adapter beside the weights, on a CPU too."""
    with closing(VllmEngine(target, dtype, generation, runtime)) as engine:
        yield engine


def speed(case: Case, one: Run) -> dict[str, Any]:
    """Return how long an engine took."""
    tokens = sum(generation.tokens for generation in one.made.values())
    return {
        "model": case.model,
        "engine": case.engine,
        "adapter": case.adapter,
        "device": device(),
        "problems": len(one.made),
        "tokens": tokens,
        "tokens_per_second": round(tokens / one.writing.seconds, 1),
        "likelihoods_per_second": round(len(one.likelihoods) / one.scoring.seconds, 1),
        "load_seconds": round(one.loading.seconds, 1),
    }


def agreements(runs: Sequence[tuple[Case, Run]], answers: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield, for each run of vLLM, how alike it solves to the transformers engine with the same model."""
    references = {case.model: one for case, one in runs if case.engine == "transformers"}
    for case, one in runs:
        if case.engine == "vllm":
            yield {"model": case.model, "adapter": case.adapter} | agreement(one, references[case.model], answers)


def agreement(one: Run, other: Run, answers: Sequence[str]) -> dict[str, Any]:
    """Return what vLLM and the transformers engine solve each and both, and how far their likelihoods are apart.

    `share` is that of the problems that either solves which both solve; differences are in nats a token.
    """
    ours, theirs = solved(one, answers), solved(other, answers)
    off = [abs(a - b) for a, b in zip(one.likelihoods, other.likelihoods, strict=True)]
    return {
        "problems": len(answers),
        "vllm_solves": len(ours),
        "transformers_solves": len(theirs),
        "either": len(ours | theirs),
        "both": len(ours & theirs),
        "share": round(len(ours & theirs) / len(ours | theirs), 3) if ours | theirs else None,
        "same_texts": sum(made == other.made[i] for i, made in one.made.items()),
        "mean_difference": round(statistics.fmean(off), 4),
        "largest_difference": round(max(off), 4),
    }


def solved(one: Run, answers: Sequence[str]) -> set[int]:
    """Return the numbers of the problems that are solved."""
    return {
        i
        for i, made in one.made.items()
        if grade(answers[i], made.text, truncated=made.stop == Stop.LENGTH).verdict is Verdict.CORRECT
    }


def device() -> str:
    """Return the name of the GPU, or that there is none."""
    import torch  # heavy

    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"


if __name__ == "__main__":
    main()
