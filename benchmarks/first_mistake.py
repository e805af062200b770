"""How often the first mistake is found where people found it.

    python -m benchmarks.first_mistake [--data ../shared/data] [--sample N]

Of 175 wrong solutions, how often the labelled first step is found, by the kind of mistake; and how often a mistake is
claimed in solutions that reach the right answer. The labels name a step and a reason in free text, no kind, so that
kinds can be compared with the place alone; `--sample 40` prints that many of the 175 instead, always the same ones,
with keyphrase and labelled reason, for a reader to judge.
"""

import random
from collections import Counter
from typing import Any

from benchmarks import inputs, results
from stages.arithmetic.mistakes import Mistake, MistakeKind, find_first_mistake


def main() -> None:
    """Compare with the labels, or print a sample of them."""
    parser = inputs.data_parser(__doc__)
    parser.add_argument("--sample", type=int, default=0, help="cases to print instead, for reading")
    arguments = parser.parse_args()
    labelled = inputs.rows(arguments.data / "labelled_first_errors.jsonl")
    if arguments.sample:
        for index in random.Random(0).sample(range(len(labelled)), arguments.sample):
            _show(index, labelled[index])
        return
    solutions = inputs.rows(arguments.data / "gsm8k_labelled_solutions.jsonl")
    right = [_mistake(row) for row in solutions if row["is_correct"]]
    claimed = sum(mistake.kind != MistakeKind.UNCLEAR for mistake in right)
    results.write("first_mistake", _by_kind(labelled))
    results.write("first_mistake_claims", [_share("right solutions with a claimed mistake", claimed, len(right))])


def _mistake(row: dict[str, Any]) -> Mistake:
    return find_first_mistake(row["question"], row["solution"], row["model_output"])


def _by_kind(labelled: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, Counter[str]] = {kind: Counter() for kind in [*MistakeKind, "all"]}
    for row in labelled:
        mistake = _mistake(row)
        place = _place(mistake.step, row["first_error_step"])
        found[mistake.kind][place] += 1
        found["all"][place] += 1
    return [
        _share(kind, by["right"], by.total()) | {place: by[place] for place in ("early", "late", "none")}
        for kind, by in found.items()
        if by
    ]


def _share(name: str, count: int, of: int) -> dict[str, Any]:
    return {"kind": name, "solutions": of, "found": count, "percent": round(100 * count / of, 1)}


def _place(step: int | None, labelled: int) -> str:
    if step is None:
        return "none"
    return "right" if step == labelled else "early" if step < labelled else "late"


def _show(index: int, row: dict[str, Any]) -> None:
    mistake = _mistake(row)
    label = f"Step {row['first_error_step']}:"
    steps = [step for step in row["model_output"].split("\n") if step.startswith(label)]
    print(f"row {index}, {row['id']}\nquestion: {row['question']}\ngold: {row['solution']}")
    print(f"wrong step: {' / '.join(steps)}")
    print(f"keyphrase: {mistake.keyphrase} (step {mistake.step}; {mistake.detail})")
    print(f"reason: {row['first_error_reason']}\n")


if __name__ == "__main__":
    main()
