"""The job of correcting a bad case: its right start, a sentence that corrects its first mistake, and the rest.

For the gold chain ``6 * 5 = 30``, ``30 + 12 = 42`` and the output ``6 * 5 = 30``, ``30 + 12 = 45``:

    6 * 5 = 30
    Wait: 30 + 12 = 42, not 45.
    30 + 12 = 42
    #### 42

The rest is the gold solution from its first step on that the start has not done, so that all that it computes with is
there. A start without an equation, or with one that is neither a gold step nor a part of one, is refused: numbers alone
do not tell whether words, or a way of its own, are right.

Not covered: outputs without a right step before the mistake, and what `stages.arithmetic.mistakes` does not cover.
"""

import re
from collections.abc import Callable, Sequence

from stages.answers.thoughts import without_thoughts
from stages.arithmetic.equations import Equation
from stages.arithmetic.mistakes import Mistake, MistakeKind, find_first_mistake
from stages.arithmetic.outputs import Line, Output, read_output
from stages.arithmetic.tracing import Refusal
from stages.core.records import Case
from stages.instructor.interface import Draft
from stages.instructor.right_start import NOTHING_RIGHT, right_start, sentence_end
from stages.instructor.symbolic import remarks
from stages.instructor.symbolic.gold_chain import GoldChain

UNREADABLE = "the gold solution is no chain of equations to its answer"
NOT_LOCATED = "the first mistake has no place in the output"
OWN_WAY = "a way of its own before the first mistake"
UNNAMED = "the first mistake is no equation or number to correct"
_STATED = re.compile(r"[=≈][\s*_$€£\\({]*$")
_UNFINISHED = (MistakeKind.MISSING_STEP, MistakeKind.BROKEN_OFF, MistakeKind.NO_ANSWER)


def draft(case: Case) -> Draft:
    """Correct a case, or say why that cannot be done."""
    written = _corrected(case)
    failure = written.reason if isinstance(written, Refusal) else None
    solution = written if isinstance(written, str) else ""
    return Draft(case.question, solution, case.answer, (case.id,), failure, "gold")


def _corrected(case: Case) -> str | Refusal:
    gold, output = GoldChain.read(case), without_thoughts(case.output).strip()
    if gold is None:
        return Refusal(UNREADABLE)
    mistake = find_first_mistake(case.question, case.solution, output)
    if mistake.line is None or mistake.kind is MistakeKind.NO_EQUATION:
        return Refusal(NOT_LOCATED)
    read = read_output(output)
    if mistake.kind in _UNFINISHED:
        return _unfinished(gold, output, read, mistake.kind)
    return _mended(gold, output, read, read.lines[mistake.line], mistake)


def _unfinished(gold: GoldChain, output: str, read: Output, kind: MistakeKind) -> str | Refusal:
    """Correct an output that is right as far as it goes, apart from the claim that this is the answer."""
    last = _last_new(read.equations)
    if last is None:
        return Refusal(NOTHING_RIGHT)
    if kind is MistakeKind.MISSING_STEP and last.value != gold.reachable.answer:
        return _joined(gold, read, right_start(output, last.start), lambda _: remarks.of_claim(last))
    kept = output[: sentence_end(output, last.end)]
    return _joined(gold, read, kept, lambda missing: remarks.of_end("" if missing else gold.answer))


def _mended(gold: GoldChain, output: str, read: Output, line: Line, mistake: Mistake) -> str | Refusal:
    """Correct an output at a wrong equation or number."""
    place = line.start + max(line.text.find(mistake.quote), 0)
    wrong = _wrong(line, mistake, gold)

    def remark(missing: Sequence[Equation]) -> str | None:
        if wrong is not None and not wrong.holds and gold.has_step(wrong):
            return remarks.of_slip(wrong)
        if not missing:
            return remarks.of_needless(gold.answer)
        return remarks.of_step(wrong, missing[0]) if wrong is not None else _of_invented(gold, line, mistake)

    return _joined(gold, read, right_start(output, place if wrong is None else min(place, wrong.start)), remark)


def _wrong(line: Line, mistake: Mistake, gold: GoldChain) -> Equation | None:
    """Return the equation that a mistake is about: the first false one of its sentence, or off the gold chain."""
    quoted = [
        one for one in line.equations if line.quote(one.start - line.start, one.end - line.start) == mistake.quote
    ]
    false = next((one for one in quoted if not one.holds), None)
    return false or next((one for one in quoted if not gold.reachable.is_direct(one)), None) or next(iter(quoted), None)


def _of_invented(gold: GoldChain, line: Line, mistake: Mistake) -> str | None:
    """Return the remark on the first number without a source, unless a calculation states it."""
    start = line.text.find(mistake.quote)
    inside = range(start, start + len(mistake.quote))
    for one in line.mentions:
        if one.start in inside and one.value is not None and not gold.reachable.knows(one.value):
            return None if _STATED.search(line.text[: one.start]) else remarks.of_invented(one.text)
    return None


def _last_new(equations: Sequence[Equation]) -> Equation | None:
    """Return the last equation whose result no earlier one has: an output without an end repeats itself."""
    first: dict[object, Equation] = {}
    for equation in equations:
        first.setdefault(equation.value, equation)
    return next(reversed(first.values()), None)


def _joined(
    gold: GoldChain, read: Output, start: str, remark: Callable[[Sequence[Equation]], str | None]
) -> str | Refusal:
    """Return the three parts of a correction as one text; `remark` gets the steps that are missing.

    Words behind the last equation of the start prepare the mistake and are left out.
    """
    done = [equation for equation in read.equations if equation.end <= len(start)]
    if not done:
        return Refusal(NOTHING_RIGHT)
    missing = gold.missing(done)
    if missing is None:
        return Refusal(OWN_WAY)
    sentence = remark(missing)
    if sentence is None:
        return Refusal(UNNAMED)
    return f"{start[: sentence_end(start, done[-1].end)].rstrip()}\n{sentence}\n{gold.rest(missing)}"
