"""How many problems that are right the checks on candidates reject, and why.

    python -m benchmarks.checks [--data ../shared/data] [--project .]

GSM8K's golds, the same with new numbers, and what a project in which `dvc repro` has run holds: its problems and its
accepted candidates.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from stages.arithmetic.renumbering import Renumbered, renumber
from stages.synthesis.checks import faults


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with GSM8K's files")
    parser.add_argument("--project", type=Path, default=Path(), help="folder with data of a finished run")
    arguments = parser.parse_args()
    golds = {name: [_gold(row) for row in _read(arguments.data / f"gsm8k_{name}.jsonl")] for name in ("train", "test")}
    _report("GSM8K's golds", [*golds["train"], *golds["test"]])
    made = (renumber(*problem, random.Random(index)) for index, problem in enumerate(golds["train"]))
    _report(
        "renumbered GSM8K",
        [(one.question, one.solution, one.answer) for one in made if isinstance(one, Renumbered)],
    )
    data = arguments.project / "data"
    _report("problems of the project", map(_row, _read_all(data, "problems/t*.jsonl", "problems/ood/*.jsonl")))
    _report("candidates of the project", map(_row, _read_all(data, "iter*/synthetic.jsonl")))


def _report(title: str, problems: Iterable[tuple[str, str, str]]) -> None:
    by_problem = [faults(*problem) for problem in problems]
    counts = dict(Counter(reason for reasons in by_problem for reason in reasons).most_common())
    print(f"{title}: {len(by_problem)}, rejected {sum(map(bool, by_problem))} {counts}")


def _gold(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["question"], row["answer"], row["answer"].rpartition("####")[2].strip()


def _row(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["question"], row["solution"], row["answer"]


def _read_all(folder: Path, *patterns: str) -> list[dict[str, Any]]:
    return [row for pattern in patterns for path in sorted(folder.glob(pattern)) for row in _read(path)]


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    main()
