"""Whether the answers of renumbered problems are those that their generator gives to the same question.

    python -m benchmarks.certificates [--instances N]

Instances of gsm_symbolic's templates are renumbered. A template is a function of its numbers, which writes the question
and works out the answer. It is called with the new numbers; where it writes the very question that renumbering wrote,
its answer is compared. A template with a number that the question does not show cannot be asked.

Some templates cut floats, so that 13.20 - 6.20 leaves 6: an answer that differs is worked out again by the same
function in decimals, and counted apart.
"""

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from types import FrameType, FunctionType
from typing import Any

from benchmarks import inputs, results
from stages.arithmetic.answers import number_in
from stages.arithmetic.renumbering import Renumbered, renumber
from stages.arithmetic.tokens import tokenize
from stages.arithmetic.tracing import Refusal

INSTANCES = 90
_TEMPLATE = "generate_from_variables"

Generator = Callable[[random.Random, float], dict[str, Any]]


def main() -> None:
    """Ask each template again, by so many seeds."""
    parser = inputs.parser(__doc__)
    parser.add_argument("--instances", type=int, default=INSTANCES, help="of each template")
    arguments = parser.parse_args()
    totals: Counter[str] = Counter()
    reasons: dict[str, Counter[str]] = {"refused": Counter(), "unmatched": Counter()}
    for template, generate in generators():
        for seed in range(arguments.instances):
            outcome, reason = compared(generate, seed)
            totals[outcome] += 1
            if outcome in reasons:
                reasons[outcome][reason if outcome == "refused" else f"{reason} (template {template})"] += 1
            if outcome == "disagreeing":
                print(f"template {template}, seed {seed}: {reason}")
    row = {
        "instances": totals.total(),
        "renumbered": totals.total() - totals["refused"],
        "matched": totals["agreeing"] + totals["agreeing in decimals"] + totals["disagreeing"],
        "agreeing": totals["agreeing"],
        "agreeing_in_decimals": totals["agreeing in decimals"],
        "disagreeing": totals["disagreeing"],
        **{name: inputs.listed(counts) for name, counts in reasons.items()},
    }
    results.write("certificates", [row])


def generators() -> Iterator[tuple[int, Generator]]:
    """Yield the templates that the library itself holds for right, by their number."""
    from reasoning_gym import create_dataset  # takes seconds, and `--help` needs it not
    from reasoning_gym.arithmetic.gsm_symbolic.gsm_symbolic import tasks_ok

    made = create_dataset("gsm_symbolic", seed=0, size=1).generators
    yield from ((template, made[template]) for template in tasks_ok)


def compared(generate: Generator, seed: int) -> tuple[str, str]:
    """Return how the answer of a renumbered instance compares with the generator's own, and the reason or details."""
    item, template, given = _watched(generate, seed)
    problem = item["question"], item["metadata"]["answer_cot"], str(item["answer"])
    made = renumber(*problem, random.Random(seed))
    if isinstance(made, Refusal):
        return "refused", made.reason
    if template is None:
        return "unmatched", "the template is a closure"
    changes = _changes(item["question"], made.question)
    asked = {name: _changed(value, changes) for name, value in given.items()}
    again = _asked(template, asked)
    if again is None or again["question"] != made.question:
        return "unmatched", "another question"
    if _hidden(template, given):
        return "unmatched", "a number is not shown"
    if _agrees(made, again):
        return "agreeing", ""
    in_decimals = FunctionType(template.__code__, {**template.__globals__, "format_number": "{:f}".format})
    exact = _asked(in_decimals, {name: Decimal(str(one)) if _is_number(one) else one for name, one in asked.items()})
    if exact is not None and exact["question"] == made.question and _agrees(made, exact):
        return "agreeing in decimals", ""
    return "disagreeing", f"{made.answer} instead of {again['answer']}: {made.question}"


def _agrees(made: Renumbered, again: Mapping[str, Any]) -> bool:
    return number_in(made.answer) == number_in(str(again["answer"]))


def _watched(generate: Generator, seed: int) -> tuple[dict[str, Any], FunctionType | None, dict[str, Any]]:
    """Generate an instance; return it with the template's inner function and with what that was called with."""
    frames: list[tuple[Any, dict[str, Any]]] = []

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_name == _TEMPLATE:
            frames.append((frame.f_code, dict(frame.f_locals)))

    sys.setprofile(note)
    try:
        item = generate(random.Random(seed), 1.0)
    finally:
        sys.setprofile(None)
    code, given = frames[-1]
    function = None if code.co_freevars else FunctionType(code, generate.__globals__)
    return item, function, given


def _changes(old: str, new: str) -> dict[Fraction, Fraction]:
    values = ([token.value for token in tokenize(text) if token.value is not None] for text in (old, new))
    return dict(zip(*values, strict=True))


def _changed(value: Any, changes: Mapping[Fraction, Fraction]) -> Any:
    """Return an argument with its new value; 0.25 may be 25 in the question."""
    if not _is_number(value):
        return value
    exact = Fraction(str(value))
    for scale in (1, 100):
        if (new := changes.get(exact * scale)) is not None:
            new /= scale
            return int(new) if isinstance(value, int) and new.denominator == 1 else type(value)(new)
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Fraction) and not isinstance(value, bool)


def _asked(template: FunctionType, given: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        made: dict[str, Any] = template(**given)
    except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError):
        return None
    return made


def _hidden(template: FunctionType, given: Mapping[str, Any]) -> bool:
    """Tell whether a number changes the answer and not the question."""
    before = template(**given)
    for name, value in given.items():
        if _is_number(value):
            after = _asked(template, {**given, name: value + type(value)(1)})
            if after is not None and after["question"] == before["question"] and after["answer"] != before["answer"]:
                return True
    return False


if __name__ == "__main__":
    main()
