"""What needs a GPU, in eight minutes on a machine with one and no network: training by TRL, by Unsloth, in shards and
beside a base model in 4 bits, and the transformers engine.

    python -m benchmarks.gpu_wheels                                                # here: what that machine lacks
    bash benchmarks/gpu_checks.sh [--short] [--checks trl engine] [--out FOLDER]   # there

The model has Qwen2.5 0.5B's shape and random weights, the problems are made up. All trainings are `train` on the same
rows: its checks of rows, batches and the saved adapter are passed or failed here too. Tokens a second are those of the
second half of the steps, since kernels are compiled in the first ones. Each check is a process of its own, with a log
in FOLDER; one that fails or takes too long stops no other. `--short` takes a tiny model and few steps; a CPU will do.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import yaml

from benchmarks import engines, inputs, results
from stages import train
from stages.answers.final_answer import DEFAULT
from stages.core import params
from stages.core.files import read_json, write_json
from stages.core.params import read_yaml
from stages.core.records import TrainingRow
from stages.core.runtime import load
from stages.model import checkpoints
from stages.model.chat import ChatParams
from stages.model.checkpoints import Target
from stages.training.settings import TrainSettings

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 420  # for all checks; the install and the model have the rest of eight minutes
LIMITS = {"trl": 100, "unsloth": 200, "fsdp": 100, "nf4": 100, "engine": 90}  # seconds
_GRACE = 10  # seconds in which what a check has started may end

Row = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """The shape of the model and the amount of work; `patience` multiplies the time limits, for a busy CPU."""

    vocabulary: int
    width: int
    inner: int
    layers: int
    heads: int
    key_heads: int
    rows: int
    batch_size: int
    problems: int
    new_tokens: int
    batch_tokens: int
    patience: int


FULL = Size(151_936, 896, 4864, 24, 14, 2, 960, 16, 512, 128, 200_000, 1)
SHORT = Size(1024, 32, 64, 2, 4, 2, 12, 4, 4, 8, 2000, 5)


def main() -> None:
    """Make the model, run the checks and write what came of them."""
    parser = inputs.parser(__doc__)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--checks", nargs="+", choices=list(LIMITS), default=list(LIMITS))
    parser.add_argument("--out", type=Path, default=results.FOLDER)
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)  # the work folder: this process is a check
    arguments = parser.parse_args()
    size = SHORT if arguments.short else FULL
    if arguments.inside:
        (name,) = arguments.checks
        write_json(arguments.inside / f"{name}.json", CHECKS[name](arguments.inside, size))
        return
    out, end = arguments.out.resolve(), time.monotonic() + SECONDS * size.patience
    with tempfile.TemporaryDirectory(prefix="sei-gpu-") as folder:
        write_model(Path(folder) / "base", size)
        rows = [
            check(name, Path(folder), out, arguments.short, min(LIMITS[name] * size.patience, end - time.monotonic()))
            for name in arguments.checks
        ]
    losses = side_by_side({row["check"]: row.pop("losses", {}) for row in rows})
    results.write("gpu_checks", {"checks": rows, "losses": losses}, out, gpu=engines.device(), versions=versions())
    sys.exit(0 if all(row["passed"] for row in rows) else 1)


def check(name: str, work: Path, out: Path, short: bool, seconds: float) -> Row:
    """Run a check in a process of its own, for at most so many seconds; print its row and return it."""
    command = [sys.executable, "-m", "benchmarks.gpu_checks", "--checks", name, "--inside", str(work)]
    out.mkdir(parents=True, exist_ok=True)
    started, log = time.monotonic(), out / f"gpu_checks_{name}.log"
    with log.open("w") as file:
        code = run(command + ["--short"] * short, work, file, max(seconds, 1))
    row: Row = {"check": name, "passed": code == 0, "seconds": round(time.monotonic() - started, 1)}
    if code == 0:
        row |= read_json(work / f"{name}.json")
    else:
        lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
        row["fault"] = "too slow" if code is None else next((line for line in reversed(lines) if line.strip()), "")
    print({key: value for key, value in row.items() if key != "losses"}, flush=True)
    return row


def run(command: Sequence[str], work: Path, log: Any, seconds: float) -> int | None:
    """Return the exit status of a command, or None where it took longer and was ended, with all that it started."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "benchmarks" / "stand_ins"), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path, "SEI_CACHE": str(work / ".sei"), "HF_HUB_OFFLINE": "1"}
    with subprocess.Popen(
        command, cwd=work, env=environment, stdout=log, stderr=log, start_new_session=True
    ) as process:
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGTERM)  # which Accelerate's launcher passes on to its processes
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return None


def write_model(base: Path, size: Size) -> None:
    """Write a base folder with random weights and a tokenizer made of the rows."""
    import torch  # heavy, as is the next
    from transformers import Qwen2Config, Qwen2ForCausalLM, Qwen2Tokenizer

    texts = [text for row in rows_of(size) for text in (row.question, row.solution)]
    untrained = Qwen2Tokenizer(eos_token="<|im_end|>", extra_special_tokens=["<|im_start|>"])
    tokenizer = untrained.train_new_from_iterator(texts, 1000, show_progress=False)
    config = Qwen2Config(
        vocab_size=size.vocabulary,
        hidden_size=size.width,
        intermediate_size=size.inner,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.key_heads,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        dtype="bfloat16",
    )
    torch.manual_seed(0)
    Qwen2ForCausalLM(config).to(torch.bfloat16).save_pretrained(base)
    tokenizer.save_pretrained(base)
    write_json(base / checkpoints.CARD, {"kind": "weights", "source": "random"})


def rows_of(size: Size) -> list[TrainingRow]:
    """Return training rows of about a hundred words: always the same ones."""
    rng = random.Random(0)
    return [_row(str(index), rng) for index in range(size.rows)]


def _row(name: str, rng: random.Random) -> TrainingRow:
    shops = [[rng.randrange(2, 50) for _ in range(3)] for _ in range(rng.randrange(2, 5))]
    told = [f"A shop has {boxes} boxes of {pens} pens and sells {sold} pens." for boxes, pens, sold in shops]
    lines = [
        f"{a} * {b} = {a * b} pens are in the boxes, and {a * b} - {c} = {a * b - c} are left." for a, b, c in shops
    ]
    total = sum(boxes * pens - sold for boxes, pens, sold in shops)
    return TrainingRow(
        id=name,
        question=" ".join([*told, "How many pens are left in all shops together?"]),
        solution="\n".join([*lines, f"Together {total} pens are left.", f"#### {total}"]),
        answer=str(total),
        candidate_id=name,
        solution_id=name,
        error_type_id="random",
        good_case_id=None,
        iteration="iter1",
        set=DEFAULT,
        author="worked",
        certificate="renumbered",
        rejected=None,
        rejected_id=None,
    )


def params_of(size: Size, **runtime: Any) -> dict[str, Any]:
    """Return params.yaml; its section `runtime`, with other values, is written to this folder, where stages read it."""
    made = read_yaml(ROOT / params.PARAMS)
    made["chat"]["file"] = str(ROOT / made["chat"]["file"])
    made["runtime"] |= {"batch_tokens": size.batch_tokens, **runtime}
    params.PARAMS.write_text(yaml.safe_dump({"runtime": made["runtime"]}), encoding="utf-8")
    return made


def in_4_bits(work: Path, size: Size) -> Row:
    """Run `train` with the base model in 4 bits, where bitsandbytes is installed."""
    if not find_spec("bitsandbytes"):
        return {"skipped": "bitsandbytes is not installed"}
    return fine_tune("trl", None, work, size, "nf4")


def fine_tune(
    backend: Literal["trl", "unsloth"], config: str | None, work: Path, size: Size, quantized: str | None = None
) -> Row:
    """Run `train`; `config` is the file for `runtime.accelerate_config`."""
    made = params_of(size, accelerate_config=config)
    changed = {"backend": backend, "start": "base", "epochs": 1, "batch_size": size.batch_size, "max_length": 1024}
    of_stage = train.Params(
        seed=0,
        chat=params.parse(ChatParams, made["chat"], "chat"),
        dtype="auto",
        train=params.parse(TrainSettings, made["train"] | changed | {"quantized": quantized}, "train"),
    )
    folder, rows = Path(tempfile.mkdtemp(dir=work)), rows_of(size)
    files = {name: folder / name for name in ("training_set", "out", "curves", "metrics")}
    paths = train.Paths(iteration="iter1", base=work / "base", parent=work / "base", **files)
    counts = train.fine_tune(paths, of_stage, rows)
    job, _ = train.prepare(paths, of_stage, rows, load())
    import torch  # heavy

    points = [point for point in inputs.rows(paths.curves / "points.jsonl") if "loss" in point]
    return {
        "tokens_per_second": round(_speed(points, sum(len(row["input_ids"]) for row in job.rows))),
        "loss": counts["loss"],
        "merged_same": counts["merged_same"],
        "merged_prompts": counts["merged_prompts"],
        "peak_gpu_gb": round(torch.cuda.max_memory_allocated() / 10**9, 2),  # of this process, its checks included
        "losses": {point["step"]: point["loss"] for point in points},
    }


def _speed(points: Sequence[Mapping[str, float]], tokens: int) -> float:
    """Return the tokens a second of the second half of the steps of one epoch of so many tokens."""
    first, last = points[len(points) // 2 - 1], points[-1]
    return tokens * (last["step"] - first["step"]) / last["step"] / (last["seconds"] - first["seconds"])


def write(work: Path, size: Size) -> Row:
    """Let the transformers engine write after each prompt, and score some solutions."""
    made = params_of(size)
    problems = [(row.question, row.solution, row.answer) for row in rows_of(size)[: size.problems]]
    task = engines.Task(problems, params.parse(ChatParams, made["chat"], "chat"), size.new_tokens)
    case = engines.Case("transformers", "random", Target(work / "base", None), "none", task)
    return engines.speed(case, engines.run(case, "auto"))


def side_by_side(losses: Mapping[str, Mapping[str, float]]) -> list[Row]:
    """Return a row for each step with the loss of each training."""
    steps = sorted({int(step) for of_one in losses.values() for step in of_one})
    return [
        {"step": step} | {name: one[str(step)] for name, one in losses.items() if str(step) in one} for step in steps
    ]


def versions() -> dict[str, str]:
    """Return the versions of the libraries that matter here."""
    names = ("torch", "transformers", "accelerate", "peft", "trl", "datasets", "unsloth", "unsloth_zoo", "bitsandbytes")
    found = metadata.packages_distributions()
    return {name: metadata.version(name) for name in names if name in found}


CHECKS: dict[str, Callable[[Path, Size], Row]] = {
    "trl": partial(fine_tune, "trl", None),
    "unsloth": partial(fine_tune, "unsloth", None),
    "fsdp": partial(fine_tune, "trl", str(ROOT / "configs" / "fsdp.yaml")),
    "nf4": in_4_bits,
    "engine": write,
}
"""By name, in the order in which they run."""


if __name__ == "__main__":
    main()
