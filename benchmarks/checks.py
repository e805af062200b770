"""How many problems that are right the checks on candidates reject, and why.

    python -m benchmarks.checks [--data ../shared/data] [--project .]

GSM8K's golds, the same with new numbers, and what a project in which `dvc repro` has run holds: its problems and its
accepted candidates.
"""

import random
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks import inputs, results
from benchmarks.inputs import Problem
from stages.arithmetic.renumbering import Renumbered, renumber
from stages.synthesis.checks import faults


def main() -> None:
    """Check each kind of problems."""
    parser = inputs.data_parser(__doc__)
    parser.add_argument("--project", type=Path, default=Path(), help="folder with data of a finished run")
    arguments = parser.parse_args()
    train = inputs.gsm8k(arguments.data, "train")
    made = (renumber(*problem, random.Random(index)) for index, problem in enumerate(train))
    data = arguments.project / "data"
    problems = {
        "golds of GSM8K": [*train, *inputs.gsm8k(arguments.data, "test")],
        "training problems of GSM8K with new numbers": [
            (one.question, one.solution, one.answer) for one in made if isinstance(one, Renumbered)
        ],
        "problems of the run": _read(data, "problems/train.jsonl", "problems/held_out/*/*.jsonl"),
        "candidates of the run": _read(data, "iter*/synthetic.jsonl"),
    }
    results.write("checks", [_checked(title, those) for title, those in problems.items()])


def _checked(title: str, problems: Iterable[Problem]) -> dict[str, Any]:
    found = [faults(*problem) for problem in problems]
    reasons = inputs.listed(Counter(reason for one in found for reason in one))
    return {"problems": title, "checked": len(found), "rejected": sum(map(bool, found)), "reasons": reasons}


def _read(folder: Path, *patterns: str) -> list[Problem]:
    rows = (row for pattern in patterns for path in sorted(folder.glob(pattern)) for row in inputs.rows(path))
    return [(row["question"], row["solution"], row["answer"]) for row in rows]


if __name__ == "__main__":
    main()
