r"""How a worked solution ends: with a line `#### 72`, as in GSM8K, or with its last box, as in MATH.

>>> with_ending("48 + 24 = 72\n#### 72", "72", r"The answer is $\boxed{{answer}}$.")
'48 + 24 = 72\nThe answer is $\\boxed{72}$.'
"""

import re
from collections.abc import Mapping
from dataclasses import KW_ONLY
from typing import Annotated, Literal

from pydantic import AfterValidator

from stages.answers.marks import boxes
from stages.core.params import section

MARKER = "####"
ANSWER = "{answer}"
_ANNOTATION = re.compile(r"<<(?!\s)[^<>]*(?<!\s)>>")
_BOX = re.compile(r"\\(?:boxed|fbox)\b")

DEFAULT = "default"


def check_default(text: str | dict[str, str]) -> str | dict[str, str]:
    """Check that texts by problem set have one for all other sets."""
    if isinstance(text, dict) and DEFAULT not in text:
        raise ValueError(f"texts by problem set need one named `{DEFAULT}`, for all other sets")
    return text


def of_set(text: str | Mapping[str, str], name: str) -> str:
    """Return the text for a problem set, where there is one for all sets or one for each."""
    return text if isinstance(text, str) else text.get(name, text[DEFAULT])


def _check_ending(text: str | dict[str, str]) -> str | dict[str, str]:
    if any(ANSWER not in one for one in ([text] if isinstance(text, str) else text.values())):
        raise ValueError(f"must contain {ANSWER}")
    return text


@section
class FinalAnswer:
    r"""How solutions that are shown to the target, or trained on, end.

    Attributes:
        final_answer: `#### {answer}`, or a sentence with a `\boxed{{answer}}`; one for all sets, or by set and
            `default`.
    """

    _: KW_ONLY
    final_answer: Annotated[str | dict[str, str], AfterValidator(check_default), AfterValidator(_check_ending)]


@section
class Annotations:
    """Whether the calculations that GSM8K writes between `<<` and `>>` stay in what is shown or trained on."""

    _: KW_ONLY
    annotations: Literal["keep", "strip"]


def hash_answer(solution: str) -> str | None:
    """Return what follows `####` in the last line of a solution, or None."""
    _, marker, answer = solution.strip().rpartition("\n")[2].rpartition(MARKER)
    return answer.strip() if marker and answer.strip() else None


def boxed_answer(solution: str) -> str | None:
    """Return the content of the last box of a solution, which may be empty, or None without a box."""
    spans = boxes(solution)
    return solution[slice(*spans[-1])].strip() if spans else None


def is_boxed(solution: str) -> bool:
    """Return whether a worked solution marks its answer by a box, and not by a line with `####`."""
    return hash_answer(solution) is None and bool(boxed_answer(solution))


def has_box(text: str) -> bool:
    r"""Return whether a text writes a `\boxed` or `\fbox`, complete or not."""
    return bool(_BOX.search(text))


def missing_mark(asked: str, written: str) -> str | None:
    """Return the mark of an answer that a question asks for and that is not in what is written, or None."""
    if has_box(asked) and not has_box(written):
        return "a box"
    return f"a line `{MARKER} answer`" if MARKER in asked and MARKER not in written else None


def without_annotations(solution: str) -> str:
    """Return a solution without the calculations that GSM8K puts between `<<` and `>>`."""
    return _ANNOTATION.sub("", solution)


def with_ending(solution: str, answer: str, ending: str) -> str:
    """Return a solution that ends as `ending` says, in which `{answer}` stands for the answer.

    A box that the solution has already is kept where `ending` has one, and opened where it has none.
    """
    body = _without_marked_line(solution)
    if has_box(ending):
        if boxed_answer(body):
            return body
    else:
        body = _unboxed(body)
    return f"{body}\n{ending.replace(ANSWER, answer)}".strip()


def restyled(solution: str, answer: str, ending: str, annotations: Annotations) -> str:
    """Return a solution as the target is to write it."""
    solution = without_annotations(solution) if annotations.annotations == "strip" else solution
    return with_ending(solution, answer, ending)


def _without_marked_line(solution: str) -> str:
    if hash_answer(solution) is None:
        return solution.strip()
    return solution.strip().rpartition(MARKER)[0].rstrip()


def _unboxed(text: str) -> str:
    parts, done = [], 0
    for begin, end in boxes(text):
        macro = text.rindex("\\", done, begin)
        parts += [text[done:macro], text[begin:end]]
        done = end + (text[begin - 1] == "{")
    return "".join([*parts, text[done:]])
