r"""Check gold answers before a model is measured against them.

    check_gold("6", "3 + 2 = <<3+2=6>>6\n#### 6")  -> "its solution says 3+2=6, but the sides are 5 and 6"
    check_gold("7", "3 + 2 = <<3+2=5>>5\n#### 5")  -> "its solution ends in 5, not in 7"

Only what a solution marks is held against it: the arithmetic between `<<` and `>>` and the final answer. Equations in
the running text are left alone, because the prose around them makes false alarms.

Source: the annotations are GSM8K's, https://github.com/openai/grade-school-math.
"""

import re
from fractions import Fraction
from itertools import pairwise

from stages.core.verdict import Verdict
from stages.grading.answer import read_gold
from stages.grading.arithmetic import evaluate
from stages.grading.grade import grade

_ANNOTATION = re.compile(r"<<([^<>]*)>>")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?|\.\d+)%")
_DECIMALS = re.compile(r"\.(\d+)$")


def check_gold(answer: str, solution: str) -> str | None:
    """Say why a gold answer cannot be trusted, or None if nothing speaks against it.

    An annotation that cannot be evaluated (it names a variable, or leaves its result out) is passed over.
    """
    if read_gold(answer) is None:
        return f"it does not parse as an answer: {answer!r}"
    for annotation in _ANNOTATION.findall(solution):
        slip = _slip(annotation)
        if slip:
            return slip
    final = grade(answer, solution, truncated=True)
    if final.verdict is Verdict.WRONG:
        return f"its solution ends in {final.extracted}, not in {answer}"
    return None


def _slip(annotation: str) -> str | None:
    """Describe the first side of `a=b=c` that does not equal the one before it."""
    sides = [side.strip() for side in annotation.split("=")]
    for left, right in pairwise(sides):
        value, result = _value(left), _value(right)
        if value is not None and result is not None and not _rounds_to(value, result, right):
            return f"its solution says {left}={right}, but the sides are {_shown(value)} and {_shown(result)}"
    return None


def _value(side: str) -> Fraction | None:
    return evaluate(_PERCENT.sub(r"(\1/100)", side.replace("$", "")))


def _rounds_to(value: Fraction, result: Fraction, written: str) -> bool:
    """Tell whether `result`, as `written`, is `value` rounded or cut to the decimals it shows."""
    decimals = _DECIMALS.search(written)
    places = len(decimals[1]) if decimals else 0
    return value == result or (places > 0 and abs(value - result) < Fraction(1, 10**places))


def _shown(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else f"{float(value):.6g}"
