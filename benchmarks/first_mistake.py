"""How often the first mistake is found where people found it.

    python -m benchmarks.first_mistake [--data ../shared/data] [--sample N]

Prints the share of 175 wrong solutions whose labelled first step is found, by the kind of mistake, and how often a
mistake is claimed in solutions that reach the right answer. The labels name a step and a reason in free text, no kind,
so that kinds can be compared with the place alone; `--sample 40` prints that many of the 175, always the same ones,
with keyphrase and labelled reason, for a reader to judge.
"""

import argparse
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

from stages.arithmetic.mistakes import MistakeKind, find_first_mistake

VERDICTS = ("right", "early", "late", "none")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with the labelled files")
    parser.add_argument("--sample", type=int, default=0, help="cases to print instead, for reading")
    arguments = parser.parse_args()
    data = arguments.data
    labelled = _read(data / "labelled_first_errors.jsonl")
    if arguments.sample:
        _show(random.Random(0).sample(range(len(labelled)), arguments.sample), labelled)
        return
    _report_labelled(labelled)
    _report_right(_read(data / "gsm8k_labelled_solutions.jsonl"))


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _report_labelled(rows: list[dict[str, Any]]) -> None:
    table: Counter[tuple[str, str]] = Counter()
    phrases: Counter[str] = Counter()
    for row in rows:
        mistake = find_first_mistake(row["question"], row["solution"], row["model_output"])
        table[mistake.kind, _verdict(mistake.step, row["first_error_step"])] += 1
        phrases[mistake.keyphrase] += 1
    right = sum(count for (_, verdict), count in table.items() if verdict == "right")
    print(f"labelled first step found: {right} of {len(rows)} ({right / len(rows):.1%})")
    print(f"{'':16}" + "".join(f"{verdict:>7}" for verdict in VERDICTS))
    for kind in MistakeKind:
        print(f"{kind:16}" + "".join(f"{table[kind, verdict]:7}" for verdict in VERDICTS))
    print(f"different keyphrases: {len(phrases)}")


def _show(indices: list[int], rows: list[dict[str, Any]]) -> None:
    for number, index in enumerate(indices, 1):
        row = rows[index]
        mistake = find_first_mistake(row["question"], row["solution"], row["model_output"])
        label = f"Step {row['first_error_step']}:"
        steps = [step for step in row["model_output"].split("\n") if step.startswith(label)]
        print(f"{number}. row {index}, {row['id']}\nquestion: {row['question']}\ngold: {row['solution']}")
        print(f"wrong step: {' / '.join(steps)}")
        print(f"keyphrase: {mistake.keyphrase} (step {mistake.step}; {mistake.detail})")
        print(f"reason: {row['first_error_reason']}\n")


def _verdict(step: int | None, labelled: int) -> str:
    if step is None:
        return "none"
    return "right" if step == labelled else "early" if step < labelled else "late"


def _report_right(rows: list[dict[str, Any]]) -> None:
    right = [row for row in rows if row["is_correct"]]
    kinds = Counter(find_first_mistake(row["question"], row["solution"], row["model_output"]).kind for row in right)
    claimed = len(right) - kinds[MistakeKind.UNCLEAR]
    print(
        f"mistake claimed in a solution with the right answer: {claimed} of {len(right)} ({claimed / len(right):.1%})"
    )


if __name__ == "__main__":
    main()
