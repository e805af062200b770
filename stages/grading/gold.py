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

from stages.arithmetic.equations import holds, read_side
from stages.arithmetic.expressions import evaluate
from stages.core.verdict import Verdict
from stages.grading.answer import read_gold
from stages.grading.grade import grade

_ANNOTATION = re.compile(r"<<([^<>]*)>>")


def check_gold(answer: str, solution: str) -> str | None:
    """Return why a gold answer cannot be trusted, or None for a usable one.

    An annotation that cannot be evaluated (it names a variable, or leaves its result out) is skipped.
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
    texts = [text.strip() for text in annotation.split("=")]
    sides = [(text, read_side(text)) for text in texts]
    for (left_text, left), (right_text, right) in pairwise(sides):
        if left is None or right is None or holds(left, right):
            continue
        value, stated = evaluate(left), evaluate(right)
        if value is not None and stated is not None:
            return f"its solution says {left_text}={right_text}, but the sides are {_shown(value)} and {_shown(stated)}"
    return None


def _shown(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else f"{float(value):.6g}"
