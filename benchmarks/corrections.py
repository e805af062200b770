"""How many wrong outputs are corrected by rule, and what is kept of them.

    python -m benchmarks.corrections [--data ../shared/data] [--cases ../shared/cases] [--show N]

For wrong outputs of several models on GSM8K, and for two sets whose first mistake people labelled: the corrections that
pass the checks of the strategy `corrections`, the reasons for which others are left out, and, of the labelled ones, how
many keep the labelled step. `--show 40` prints that many corrections instead, for a reader to judge.
"""

import random
from collections import Counter
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

from benchmarks import inputs, results
from stages.arithmetic.equations import step_number
from stages.core.records import Case
from stages.core.verdict import Verdict
from stages.instructor.symbolic import corrections
from stages.synthesis.strategies.corrections import check


def main() -> None:
    """Correct all, or print a sample."""
    parser = inputs.data_parser(__doc__)
    parser.add_argument("--cases", type=Path, default=Path("../shared/cases"), help="folder with labelled outputs")
    parser.add_argument("--show", type=int, default=0, help="corrections to print instead")
    arguments = parser.parse_args()
    sets = {
        "GSM8K, several models": inputs.rows(arguments.data / "gsm8k_labelled_solutions.jsonl"),
        "GSM8K, labelled by step": inputs.rows(arguments.data / "labelled_first_errors.jsonl"),
        "GSM8K, a chat model, labelled by line": inputs.rows(arguments.cases / "first_errors_chat.jsonl"),
    }
    made = {name: list(_made([row for row in rows if not row.get("is_correct")])) for name, rows in sets.items()}
    if arguments.show:
        whole = [one for of_set in made.values() for one in of_set if one["reason"] is None]
        for one in random.Random(0).sample(whole, arguments.show):
            print(f"{one['row']['question']}\n--- output\n{one['output']}\n--- corrected\n{one['solution']}\n")
        return
    results.write("corrections", [_counted(name, of_set) for name, of_set in made.items()])


def _made(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for index, row in enumerate(rows):
        mark = "####" if "####" in row["solution"] else "A:"
        solution, _, answer = (part.strip() for part in row["solution"].rpartition(mark))
        output = str(row.get("model_output", row.get("output")))
        case = Case(
            str(index), "", "", row["question"], f"{solution}\n#### {answer}", answer, output, False, None,
            Verdict.WRONG, "gsm8k", "", None, 1, 0.0,
        )  # fmt: skip
        draft = corrections.draft(case)
        reason = next(iter(check(draft).reasons), None)
        yield {"row": row, "output": output.strip(), "solution": draft.solution, "reason": reason}


def _counted(name: str, made: list[dict[str, Any]]) -> dict[str, Any]:
    corrected = [one for one in made if one["reason"] is None]
    labelled = [kept for one in corrected if (kept := _keeps_mistake(one)) is not None]
    return {
        "outputs": name,
        "wrong": len(made),
        "corrected": len(corrected),
        "percent": round(100 * len(corrected) / len(made), 1),
        "keep_the_mistake": sum(labelled) if labelled else None,
        "left_out": inputs.listed(Counter(one["reason"] for one in made if one["reason"])),
    }


def _keeps_mistake(one: dict[str, Any]) -> bool | None:
    """Tell whether what is kept of an output has its labelled step or line; None for one without a label."""
    row, pairs = one["row"], zip(one["solution"], one["output"], strict=False)
    kept = "".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)).rstrip()
    kept = kept if one["solution"].startswith(f"{kept}\n") else kept.rpartition("\n")[0]
    if "line" in row:
        return bool(kept) and kept.count("\n") >= row["line"]
    if "first_error_step" not in row:
        return None
    return any(number >= row["first_error_step"] for line in kept.split("\n") if (number := step_number(line)))


if __name__ == "__main__":
    main()
