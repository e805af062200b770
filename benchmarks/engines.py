"""The transformers engine and vLLM on the same prompts: tokens a second, and how alike they solve.

    python -m benchmarks.engines models/base models/base+models/iter2 models/qwen05:boxed

A model is a folder, with an adapter's folder after a `+`. Without an adapter both engines run it as it is. With one,
both run the merged model, and vLLM has the adapter beside the weights too, as it does on a GPU; on a CPU that is slow
and scores no text, and the first problems must do. Models answer the pipeline's test problems; those with `:boxed` are
asked the first ones of GSM8K's test set (`--data`), with the answer in a box. The chat format, the threads and the
engines' settings are those of params.yaml.

Loading is timed by itself, without the merge. The vLLM process is gone before the next engine loads.
"""

import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from benchmarks import inputs, results
from benchmarks.clock import Clock
from stages.core import files, params
from stages.core.exceptions import SeiError
from stages.core.records import Problem
from stages.core.runtime import Runtime, load
from stages.core.verdict import Verdict
from stages.grading.grade import grade
from stages.model import chat, inference
from stages.model.chat import ChatParams
from stages.model.checkpoints import Dtype, Target
from stages.model.engines.vllm import VllmEngine
from stages.model.generation import Engine, Generation, GenerationParams, Stop, make_batches
from stages.model.merging import merged

_IN_FLIGHT = 400_000  # tokens in a batch of vLLM, which schedules texts itself
_SCORED = 50  # gold solutions
_BESIDE = 32  # problems


@dataclass(frozen=True)
class Task:
    """Problems as question, solution and answer, the form in which they are asked, and the limit of new tokens."""

    problems: list[inputs.Problem]
    chat: ChatParams
    new_tokens: int

    def first(self, limit: int) -> "Task":
        """Return the task with its first problems alone."""
        return replace(self, problems=self.problems[:limit])


@dataclass(frozen=True)
class Case:
    """An engine, a model and where its adapter is: `none`, `merged` into the weights, or `beside` them."""

    engine: Literal["transformers", "vllm"]
    model: str
    target: Target
    adapter: str
    task: Task


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
    parser = inputs.data_parser(__doc__)
    parser.add_argument("models", nargs="+", metavar="BASE[+ADAPTER][:boxed]")
    parser.add_argument("--limit", type=int, default=200)
    parser.add_argument("--dtype", default="auto", choices=["auto", "bfloat16", "float32"])
    parser.add_argument("--name", default="engines", help="of the results")
    arguments = parser.parse_args()
    tasks = {False: default_task(arguments.limit), True: boxed_task(arguments.data, arguments.limit)}
    try:
        with ExitStack() as folders:
            cases = [case for model in arguments.models for case in cases_of(model, tasks, folders)]
            runs = [(case, run(case, arguments.dtype)) for case in cases]
    except SeiError as error:
        sys.exit(f"error: {error}")
    results.write(arguments.name, [speed(case, one) for case, one in runs])
    results.write(f"{arguments.name}_agreement", list(agreements(runs)))


def default_task(limit: int) -> Task:
    """Return the pipeline's test problems, in its own wording."""
    problems = files.read_records(Path("data/problems/held_out/test/procedural.jsonl"), Problem)[:limit]
    section = params.read_yaml(params.PARAMS)["generation"]
    new_tokens = params.parse(GenerationParams, section, "generation").max_new_tokens
    return Task([(p.question, p.solution, p.answer) for p in problems], chat_params(), new_tokens)


def boxed_task(data: Path, limit: int) -> Task:
    """Return GSM8K's first test problems, asked for a box."""
    return Task(inputs.gsm8k(data, "test")[:limit], replace(chat_params(), question=inputs.BOXED), 512)


def chat_params() -> ChatParams:
    """Return the `chat` section of params.yaml."""
    return params.parse(ChatParams, params.read_yaml(params.PARAMS)["chat"], "chat")


def cases_of(name: str, tasks: Mapping[bool, Task], folders: ExitStack) -> list[Case]:
    """Return the cases of a model; its folder is open as long as `folders`."""
    model, _, style = name.partition(":")
    base, _, adapter = model.partition("+")
    folder = folders.enter_context(inputs.base_folder(Path(base)))
    target, task = Target(folder, Path(adapter) if adapter else None), tasks[style == "boxed"]
    of_vllm = {"merged": task, "beside": task.first(_BESIDE)} if adapter else {"none": task}
    by_vllm = [Case("vllm", model, target, way, part) for way, part in of_vllm.items()]
    return [*by_vllm, Case("transformers", model, target, by_vllm[0].adapter, task)]


def run(case: Case, dtype: Dtype) -> Run:
    """Load an engine, and let it write after each prompt and score the first completions."""
    done, runtime, task = Run(), replace(load(), engine=case.engine), case.task
    form = chat.load(task.chat, case.target.base)
    pairs = [(form.prompt(question), form.completion(solution)) for question, solution, _ in task.problems]
    batch_tokens = _IN_FLIGHT if case.engine == "vllm" else runtime.batch_tokens
    with ExitStack() as stack:
        opening = open_case(case, dtype, runtime)
        engine = done.loading.run(stack.enter_context, opening)
        sizes = {i: len(ids) + task.new_tokens for i, ids in enumerate(engine.encode([p for p, _ in pairs]))}
        for batch in make_batches(sizes, batch_tokens):
            written = done.writing.run(engine.generate, [pairs[i][0] for i in batch])
            done.made.update(zip(batch, written, strict=True))
        if case.adapter != "beside":
            done.likelihoods.extend(done.scoring.run(engine.log_likelihoods, pairs[:_SCORED]))
    return done


def open_case(case: Case, dtype: Dtype, runtime: Runtime) -> AbstractContextManager[Engine]:
    """Return what loads an engine; what vLLM gets merged is merged now, which is not timed."""
    generation = GenerationParams(case.task.new_tokens, True)
    if case.adapter == "beside":
        return beside(case.target, dtype, generation, runtime)
    is_copy = (case.engine, case.adapter) == ("vllm", "merged")
    target = merged(case.target, dtype) if is_copy else case.target
    return inference.open_engine(target, dtype, generation, runtime)


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
        "load_seconds": round(one.loading.seconds, 1),
    } | ({"likelihoods_per_second": round(len(one.likelihoods) / one.scoring.seconds, 1)} if one.likelihoods else {})


def agreements(runs: Sequence[tuple[Case, Run]]) -> Iterator[dict[str, Any]]:
    """Yield, for each run of vLLM, how alike it solves to the transformers engine with the same model."""
    references = {case.model: one for case, one in runs if case.engine == "transformers"}
    for case, one in runs:
        if case.engine == "vllm":
            yield {"model": case.model, "adapter": case.adapter} | agreement(one, references[case.model], case.task)


def agreement(one: Run, other: Run, task: Task) -> dict[str, Any]:
    """Return what vLLM and the transformers engine solve each and both, and how far their likelihoods are apart.

    `share` is that of the problems that either solves which both solve; differences are in nats a token.
    """
    ours, theirs = solved(one, task), solved(other, task)
    off = [abs(a - b) for a, b in zip(one.likelihoods, other.likelihoods, strict=False)]  # none of one that scores none
    return {
        "problems": len(task.problems),
        "vllm_solves": len(ours),
        "transformers_solves": len(theirs),
        "either": len(ours | theirs),
        "both": len(ours & theirs),
        "share": round(len(ours & theirs) / len(ours | theirs), 3) if ours | theirs else None,
        "same_texts": sum(made == other.made[i] for i, made in one.made.items()),
    } | ({"mean_difference": round(statistics.fmean(off), 4), "largest_difference": round(max(off), 4)} if off else {})


def solved(one: Run, task: Task) -> set[int]:
    """Return the numbers of the task's problems that are solved."""
    return {
        i
        for i, (_, _, answer) in enumerate(task.problems)
        if grade(answer, one.made[i].text, truncated=one.made[i].stop == Stop.LENGTH).verdict is Verdict.CORRECT
    }


def device() -> str:
    """Return the name of the GPU, or that there is none."""
    import torch  # heavy

    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"


if __name__ == "__main__":
    main()
