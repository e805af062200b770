"""Accuracy on GSM8K as lm-evaluation-harness reads it, with its own prompts, engine and grading, beside this project's.

    pip install lm_eval==0.4.13          # into the environment that has vLLM
    python -m benchmarks.lm_eval_harness ../proof --arms base sei-0 --limit 400 [--data FILE]

The checkpoints are those that the proof's arms were tested from: base, and an arm's adapter merged into it. Ours is
what `benchmarks/results/proof/verdicts.csv` has of the same rows.
"""

import contextlib
import os
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml

from benchmarks import inputs, results
from benchmarks.proof import ALONE, FOLDER, VERDICTS, read_verdicts
from stages.core import runtime
from stages.core.verdict import Verdict
from stages.model.checkpoints import Target, dtype_name, locate
from stages.model.engines import vllm
from stages.model.merging import merged

TASK = Path(__file__).with_name("lm_eval_gsm8k.yaml")


def main() -> None:
    """Measure the arms, and write both accuracies."""
    parser = inputs.parser(__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--arms", nargs="+", default=["base", "sei-0"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/gsm8k_test.jsonl"))
    parser.add_argument("--skip", type=int, default=300, help="rows at the beginning of the file that are left out")
    parser.add_argument("--limit", type=int, help="rows after these; all by default")
    arguments = parser.parse_args()
    os.environ.update(vllm.environment(runtime.load()))  # all threads for the model
    task = gsm8k(arguments.data, arguments.skip, arguments.limit)
    rows = [row for arm in arguments.arms for row in measured(arguments.project, arm, task)]
    results.write("lm_eval_harness", rows)


def gsm8k(path: Path, skip: int, limit: int | None) -> dict[str, Any]:
    """Return the task with its data file and the rows to take."""
    task: dict[str, Any] = yaml.safe_load(TASK.read_text(encoding="utf-8"))
    task["dataset_kwargs"] = {"data_files": {"test": str(path.resolve())}}
    task["process_docs"] = lambda docs: docs.select(range(skip, min(len(docs), skip + (limit or len(docs)))))
    return task


def measured(project: Path, arm: str, task: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a row for each of the harness's ways to find the answer."""
    from lm_eval import simple_evaluate  # of another environment

    with patch("importlib.metadata.version", _version):
        found = simple_evaluate(
            model="vllm",
            model_args={
                "pretrained": checkpoint(project, arm),
                "dtype": dtype_name("auto"),
                "enforce_eager": True,
                "max_model_len": 2048,
            },
            tasks=[task],
            apply_chat_template=True,
            log_samples=False,
        )
    ours = [row[arm] for (name, _), row in read_verdicts(FOLDER / VERDICTS).items() if name == ALONE and arm in row]
    scores, n = found["results"][task["task"]], found["n-samples"][task["task"]]["effective"]
    for way in task["filter_list"]:
        yield {
            "arm": arm,
            "answer": way["name"],
            "n": n,
            "lm_eval_percent": round(100 * scores[f"exact_match,{way['name']}"], 1),
            "ours_n": len(ours),
            "ours_percent": round(100 * ours.count(Verdict.CORRECT) / len(ours), 1) if ours else None,
        }


def _version(name: str) -> str:
    """Return a package's version; that of vLLM's build for CPUs, which has another name, as vLLM itself tells it."""
    try:
        return distribution(name).version
    except PackageNotFoundError:
        return distribution(f"{name}-cpu").version + "+cpu"


def checkpoint(project: Path, arm: str) -> str:
    """Return the folder of the whole checkpoint of an arm."""
    base = Path("models/base")
    folder = base if arm == "base" else Path(".sei/arms") / arm / "model"
    with contextlib.chdir(project):
        target = Target.of(folder, base)
        name, _ = locate((merged(target, "auto") if target.adapter else target).base)
        return str(Path(name).resolve())


if __name__ == "__main__":
    main()
