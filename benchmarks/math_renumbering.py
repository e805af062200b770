"""How many problems of MATH can be given new numbers with a certificate, by level and subject.

    python -m benchmarks.math_renumbering [--data ../shared/data] [--part 1/3 --save PATH | --join PATHS] [--show N]

A certificate is an answer that two independent ways give, from the new question and from the old one. Besides shares:
the refusals by reason, the faults of what was made, and the seconds. `--part 2/3` takes the second of every three
problems and saves what it made; `--join` sums up what the parts saved.

Where a question is one expression or one equation of plain arithmetic, a third way, the evaluator of `stages.answers`,
computes it as well.
"""

import random
import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import inputs, results
from stages.answers.final_answer import boxed_answer
from stages.answers.notation import plain
from stages.answers.values import evaluate
from stages.arithmetic.tracing import Refusal
from stages.core.files import read_json, write_json
from stages.instructor.symbolic.formulas.renumbering import renumber_formula
from stages.instructor.symbolic.formulas.skeletons import read_skeleton
from stages.synthesis.checks import faults

_PLAIN = re.compile(
    r"(?:compute|evaluate|simplify|calculate|what is|find|solve|if @|what value)(?! the (?!value|exact)| all)"
)
LEVELS = ("1", "2", "3", "4", "5")


def main() -> None:
    """Renumber MATH's training problems, or sum up what was saved."""
    parser = inputs.data_parser(__doc__)
    parser.add_argument("--part", help="`2/3` for the second of every three problems")
    parser.add_argument("--save", type=Path, help="where a part is saved")
    parser.add_argument("--join", type=Path, nargs="+", help="parts that were saved")
    parser.add_argument(
        "--show", type=int, default=0, help="print so many renumbered problems, over subjects and levels"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the new numbers, and of what is shown")
    arguments = parser.parse_args()
    if arguments.join:
        made = [row for path in arguments.join for row in read_json(path)]
    else:
        made = list(
            _renumbered(_part(inputs.rows(arguments.data / "math_train.jsonl"), arguments.part), arguments.seed)
        )
    if arguments.save:
        write_json(arguments.save, made)
    _show(made, arguments.show, arguments.seed)
    if not arguments.save:
        results.write("math_renumbering", _table(made))
        results.write("math_renumbering_refusals", _refusals(made))


def _part(rows: list[dict[str, Any]], part: str | None) -> list[tuple[int, dict[str, Any]]]:
    number, parts = map(int, part.split("/")) if part else (1, 1)
    return list(enumerate(rows))[number - 1 :: parts]


def _renumbered(rows: Iterable[tuple[int, dict[str, Any]]], seed: int) -> Iterable[dict[str, Any]]:
    for index, row in rows:
        gold = boxed_answer(row["solution"])
        if gold is None:
            continue
        started = time.process_time()
        made = renumber_formula(row["problem"], gold, random.Random(f"{seed}:{index}"))
        record = {
            "index": index, "subject": row["type"], "level": row["level"][-1], "question": row["problem"], "gold": gold,
            "seconds": time.process_time() - started,
        }  # fmt: skip
        if isinstance(made, Refusal):
            yield record | {"refused": made.reason}
        else:
            found = faults(made.question, made.solution, made.answer)
            third = _third_way(made.question, made.answer)
            yield record | {"made": [made.question, made.solution, made.answer], "faults": found, "third": third}


def _third_way(question: str, answer: str) -> bool | None:
    """Return whether a third way agrees, or None where it does not apply."""
    value = evaluate(plain(answer.rpartition("=")[2]))
    skeleton = read_skeleton(question)
    formulas = [slot for slot in skeleton.slots if not re.fullmatch(r"[a-z]", slot)]
    if value is None or len(formulas) != 1 or not _PLAIN.match(skeleton.words):
        return None
    names = set(re.findall(r"(?<![\\a-zA-Z])[a-zA-Z]", formulas[0]))
    sides = [side.strip() for side in formulas[0].split("=")]
    if len(sides) == 1 and not names:
        computed = evaluate(plain(sides[0]))
        return None if computed is None else computed == value
    if len(sides) != 2 or len(names) != 1 or set(skeleton.slots) - names != set(formulas):
        return None
    name = names.pop()
    values = [evaluate(plain(re.sub(rf"(\\[a-zA-Z]+)|{name}", lambda m: m[1] or f"({value})", side))) for side in sides]
    return None if None in values else values[0] == values[1]


def _table(made: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    subjects = sorted({row["subject"] for row in made})
    return [_row(subject, [row for row in made if row["subject"] == subject]) for subject in subjects] + [
        _row("all", made)
    ]


def _row(title: str, made: Sequence[dict[str, Any]]) -> dict[str, Any]:
    by_level = {f"level_{level}": _share([row for row in made if row["level"] == level]) for level in LEVELS}
    low = [row for row in made if row["level"] in LEVELS[:3]]
    return {
        "subject": title,
        "of": len(made),
        "renumbered": sum("made" in row for row in made),
        **by_level,
        "levels_1_to_3": f"{_share(low)} ({_percent(low)} %)",
        "percent": _percent(made),
        "faults": inputs.listed(Counter(fault for row in made for fault in row.get("faults", []))),
        "third_way": _agreement([row["third"] for row in made if row.get("third") is not None]),
        "seconds": round(sum(row["seconds"] for row in made)),
    }


def _agreement(verdicts: Sequence[bool]) -> str:
    return f"{sum(verdicts)} of {len(verdicts)}"


def _share(rows: Sequence[dict[str, Any]]) -> str:
    return f"{sum('made' in row for row in rows)} of {len(rows)}"


def _percent(rows: Sequence[dict[str, Any]]) -> float:
    return round(100 * sum("made" in row for row in rows) / max(len(rows), 1), 1)


def _refusals(made: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    counts = Counter(row["refused"] for row in made if "refused" in row)
    low = Counter(row["refused"] for row in made if "refused" in row and row["level"] in LEVELS[:3])
    return [
        {"reason": reason, "problems": count, "levels_1_to_3": low[reason]} for reason, count in counts.most_common()
    ]


def _show(made: Sequence[dict[str, Any]], count: int, seed: int) -> None:
    """Print renumbered problems, one of each subject and level in turn."""
    shuffled = random.Random(seed).sample([row for row in made if "made" in row], sum("made" in row for row in made))
    turns: Counter[tuple[str, str]] = Counter()
    ordered = []
    for row in shuffled:
        cell = row["subject"], row["level"]
        turns[cell] += 1
        ordered.append((turns[cell], *cell, row))
    for _, subject, level, row in sorted(ordered, key=lambda one: one[:3])[:count]:
        question, solution, _ = row["made"]
        print(f"[{row['index']}] {subject} {level}\n{row['question']} => {row['gold']}\n\n{question}\n{solution}\n")


if __name__ == "__main__":
    main()
