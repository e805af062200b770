r"""Faults of a problem that show in its text alone.

A problem that passes can still be wrong: nothing here knows what the question asks. A running calculation such as
`2+3=5+4=9` passes, although its sides are not equal, because people who work out solutions write so, those of GSM8K
among them: each equation is recomputed by itself.
"""

import re
from collections.abc import Sequence

from stages.answers.final_answer import MARKER
from stages.answers.marks import boxes
from stages.answers.notation import plain
from stages.arithmetic.equations import Equation, read_equations
from stages.arithmetic.latex import from_latex
from stages.core.verdict import Verdict
from stages.grading.answer import Number, quantity_in, read_gold
from stages.grading.grade import grade
from stages.synthesis.latex_equations import false_equation

CHECKS = ("question", "worked solution", "final answer", "equations", "quantities")
"""Names of the checks of `faults`, for the records."""

_FIGURE = re.compile(
    r"\[asy\]|\b(?:figure|diagram|graph|picture|chart|table|image)s?\s+(?:is\s+|are\s+)?(?:below|above|shown)\b"
    r"|\b(?:shown|pictured|drawn|depicted|see|in)\s+(?:in\s+)?the\s+(?:figure|diagram|picture|image)\b"
    r"|\bas\s+(?:shown|pictured|depicted)\b|\bshown\s+(?:below|above|here)\b",
    re.IGNORECASE,
)
_MARKS = re.compile(r"^\s*####.*$|\\(?:boxed|fbox)", re.MULTILINE)
_WORK = re.compile(r"[^\W_]")
_INDIVISIBLE = (
    "people|persons?|m[ae]n|wom[ae]n|child|children|kids?|boys?|girls?|babies|students?|pupils?|teachers?|friends?"
    "|guests?|workers?|employees?|players?|members?|passengers?|customers?|visitors?|soldiers?|sons?|daughters?"
    "|siblings?|brothers?|sisters?|dogs?|cats?|puppies|kittens?|birds?|chickens?|hens?|ducks?|cows?|pigs?|goats?"
    "|sheep|horses?|rabbits?|bunnies|fish|animals?|cars?|buses|trucks?|bicycles?|bikes?|coins?|marbles?|stamps?"
)
_COUNT = re.compile(rf"(?:<<[^<>]*>>\S*)?\s+(?:[a-z]+\s+)?(?:{_INDIVISIBLE})\b(?!['’])", re.IGNORECASE)  # noqa: RUF001
_ASKED = re.compile(rf"\bhow many\s+(?:[a-z]+\s+){{0,2}}?(?:{_INDIVISIBLE})\b(?!['’])([^.?!]*)", re.IGNORECASE)  # noqa: RUF001
_AVERAGE = re.compile(r"\b(?:average|mean|expected)\b", re.IGNORECASE)
_RATE = re.compile(r"\b(?:average|mean|per|each|every|expected|times|percent|fraction|ratio)\b|[%/]", re.IGNORECASE)


def faults(question: str, solution: str, answer: str) -> list[str]:
    """Return the reasons to reject a problem, each once; none if it passes."""
    text = from_latex(solution)
    equations = read_equations(text)
    spans = boxes(solution)
    boxed = [] if MARKER in solution else spans
    reasons = []
    if not any(character.isalpha() for character in question):
        reasons.append("no question")
    if _FIGURE.search(question):
        reasons.append("needs a figure")
    if not _WORK.search(_MARKS.sub("", _without(spans, solution))):
        reasons.append("no worked solution")
    reasons += _final_answer(solution, answer, boxed)
    # Between LaTeX formulas of algebra, the reader of plain arithmetic sees equations where there are none.
    if false_equation(solution) if boxed else not all(equation.holds for equation in equations):
        reasons.append("an equation does not hold")
    return list(dict.fromkeys([*reasons, *_quantities(question, text, equations, answer)]))


def _without(spans: Sequence[tuple[int, int]], text: str) -> str:
    starts, ends = [0, *(end for _, end in spans)], [*(start for start, _ in spans), len(text)]
    return "".join(text[start:end] for start, end in zip(starts, ends, strict=True))


def _final_answer(solution: str, answer: str, boxed: Sequence[tuple[int, int]]) -> list[str]:
    """Check for an answer in a box, or for one number at the end of the solution and under no other marker."""
    if not answer.strip():
        return ["no final answer"]
    if boxed:
        return _boxed_answer([solution[slice(*span)] for span in boxed], answer)
    if not isinstance(read_gold(answer), Number) and quantity_in(plain(answer)) is None:
        return ["the final answer is not one number"]
    marked = [line for line in solution.splitlines() if line.lstrip().startswith(MARKER)]
    last = solution.rstrip().rpartition("\n")[2]
    if not marked or last != marked[-1].rstrip():
        return ["no final answer"]
    if any(grade(answer, line).verdict is not Verdict.CORRECT for line in marked):
        return ["last line is not the answer"]
    return []


def _boxed_answer(contents: Sequence[str], answer: str) -> list[str]:
    """Check for an answer that can be graded and that all boxes hold."""
    if read_gold(answer) is None:
        return ["the final answer cannot be graded"]
    same = all(grade(answer, rf"\boxed{{{content}}}").verdict is Verdict.CORRECT for content in contents)
    return [] if same else ["boxes hold different answers"]


def _quantities(question: str, text: str, equations: Sequence[Equation], answer: str) -> list[str]:
    """Check for people and things that are counted in fractions or below zero."""
    if _AVERAGE.search(question):
        return []
    lines = text.split("\n")
    counts = [
        equation.stated
        for equation in equations
        if equation.stated is not None and _is_count(equation, text) and not _RATE.search(_prose(lines[equation.line]))
    ]
    asked = _ASKED.search(question)
    value = quantity_in(plain(answer)) if asked and not _RATE.search(asked[1]) else None
    if value is not None:
        counts.append(value.value)
    reasons = ["a fraction of what comes whole"] if any(count.denominator != 1 for count in counts) else []
    return reasons + (["a negative count"] if any(count < 0 for count in counts) else [])


def _is_count(equation: Equation, text: str) -> bool:
    """Tell whether a result counts indivisible things; a written fraction such as `1/12 cats` is a share of them."""
    return equation.result is not None and bool(_COUNT.match(text, equation.end))


def _prose(line: str) -> str:
    return re.sub(r"<<[^<>]*>>|[\d.)]\s*/\s*[\d.(]", "", line)
