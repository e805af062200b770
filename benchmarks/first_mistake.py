"""How often the first mistake is found where people found it.

    python -m benchmarks.first_mistake [--data ../shared/data] [--cases ../shared/cases] [--sample N]

- `first_mistake`: of 175 wrong solutions, how often the labelled first step is found, by the kind of mistake.
- `first_mistake_chat`: of 63 wrong outputs of a chat model, in LaTeX for the most part, how often the labelled line is
  found, by the labelled kind, and which kinds were named. Of the `sure` ones no two readers would differ.
- `first_mistake_claims`: how often a mistake is claimed in solutions that reach the right answer.

`--sample 30` prints that many of the 175 and of the 63 instead, always the same ones, with keyphrase and labelled
reason, for a reader to judge.
"""

import random
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks import inputs, results
from stages.arithmetic.equations import step_number
from stages.arithmetic.mistakes import Mistake, MistakeKind, find_first_mistake

Row = dict[str, Any]


def main() -> None:
    """Compare with the labels, or print a sample of them."""
    parser = inputs.data_parser(__doc__)
    parser.add_argument("--cases", type=Path, default=Path("../shared/cases"), help="folder with labelled outputs")
    parser.add_argument("--sample", type=int, default=0, help="cases to print instead, for reading")
    arguments = parser.parse_args()
    labelled = inputs.rows(arguments.data / "labelled_first_errors.jsonl")
    chat = inputs.rows(arguments.cases / "first_errors_chat.jsonl")
    if arguments.sample:
        for rows in (labelled, chat):
            for index in sorted(random.Random(0).sample(range(len(rows)), arguments.sample)):
                _show(index, rows[index])
        return
    solutions = inputs.rows(arguments.data / "gsm8k_labelled_solutions.jsonl")
    right = [_mistake(row) for row in solutions if row["is_correct"]]
    claimed = sum(mistake.kind != MistakeKind.UNCLEAR for mistake in right)
    results.write("first_mistake", _by_kind(labelled))
    results.write("first_mistake_chat", _by_label(chat))
    results.write("first_mistake_claims", [_share("right solutions with a claimed mistake", claimed, len(right))])


def _output(row: Row) -> str:
    return str(row.get("model_output", row.get("output")))


def _mistake(row: Row) -> Mistake:
    return find_first_mistake(row["question"], row["solution"], _output(row))


def _by_kind(labelled: list[Row]) -> list[Row]:
    found: dict[str, Counter[str]] = {kind: Counter() for kind in [*MistakeKind, "all"]}
    for row in labelled:
        mistake = _mistake(row)
        place = _place(_step(row, mistake.line), row["first_error_step"])
        found[mistake.kind][place] += 1
        found["all"][place] += 1
    return [
        _share(kind, by["right"], by.total()) | {place: by[place] for place in ("early", "late", "none")}
        for kind, by in found.items()
        if by
    ]


def _by_label(chat: list[Row]) -> list[Row]:
    found = [(row, _mistake(row)) for row in chat]
    kinds = Counter(row["kind"] for row in chat)
    groups = {kind: [pair for pair in found if pair[0]["kind"] == kind] for kind, _ in kinds.most_common()}
    rows = []
    for kind, group in [*groups.items(), ("all", found)]:
        right = [row["line"] == mistake.line for row, mistake in group]
        sure = [place for place, (row, _) in zip(right, group, strict=True) if row["sure"]]
        counts = {"sure": len(sure), "sure_found": sum(sure)}
        named = inputs.listed(Counter(mistake.kind.value for _, mistake in group))
        rows.append(_share(kind, sum(right), len(group)) | counts | {"named": named})
    return rows


def _share(name: str, count: int, of: int) -> Row:
    return {"kind": name, "solutions": of, "found": count, "percent": round(100 * count / of, 1)}


def _step(row: Row, line: int | None) -> int | None:
    """Return the number that the line, or the last labelled one before it, gives itself."""
    lines = _output(row).split("\n")[: 0 if line is None else line + 1]
    return next((number for number in map(step_number, reversed(lines)) if number is not None), None)


def _place(step: int | None, labelled: int) -> str:
    if step is None:
        return "none"
    return "right" if step == labelled else "early" if step < labelled else "late"


def _show(index: int, row: Row) -> None:
    mistake = _mistake(row)
    label = f"Step {row.get('first_error_step')}:"
    quotes = [step for step in _output(row).split("\n") if step.startswith(label)] or [row.get("quote", "")]
    print(f"row {index}, {row['id']}\nquestion: {row['question']}\ngold: {row['solution']}")
    print(f"labelled: {' / '.join(quotes)}\nfound: {mistake.quote}")
    print(f"keyphrase: {mistake.keyphrase} (line {mistake.line}; {mistake.detail})")
    print(f"reason: {row.get('first_error_reason', row.get('says'))}\n")


if __name__ == "__main__":
    main()
