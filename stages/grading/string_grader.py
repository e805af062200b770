r"""An independent grader: extraction by string search, comparison of normalised strings.

It grades the way the reference scripts of GSM8K and MATH do, and shares no code with `grade`: a fault of both would
never show. It knows no symbolic equality, no percentages and few units, so it calls some right answers wrong. Where the
two disagree, a person should look.
"""

import re
import unicodedata

from stages.core.verdict import Verdict

TAIL = 2000
"""Characters from which an unmarked answer is read."""

_LAST = re.compile(r"(?<![\w.])-?\$?\d[\d,]*(?:\.\d+)?(?:/\d+)?")
_NOISE = re.compile(r"\\(?:left|right|text|mathrm|mbox|boxed|[,!;: $%(){}\[\]])|\^\{?\\circ\}?|[$%,*{}\s\"']")
_FRACTION = re.compile(r"\\[dt]?frac\{(-?\w+)\}\{(\w+)\}")
_LEADING = re.compile(r"(?:[a-z]=)?(-?\d+(?:\.\d+)?(?:/\d+)?)(?:[a-z(;.:].*)?")
_ZEROS = re.compile(r"(\.\d*?)0+$")


def string_verdict(gold: str, output: str, *, truncated: bool) -> Verdict:
    """Grade by normalised strings alone; the arguments are those of `grade`."""
    expected = _normal(gold)
    if not expected:
        return Verdict.UNGRADABLE
    output = output.rpartition("</think>")[2]
    answer = _marked(output)
    if answer is None and truncated:
        return Verdict.TRUNCATED
    answer = _unmarked(output, expected) if answer is None else answer
    if not answer.strip():
        return Verdict.NO_ANSWER
    return Verdict.CORRECT if _normal(answer) == expected else Verdict.WRONG


def _marked(output: str) -> str | None:
    if "####" in output:
        return output.split("####", 1)[1].partition("\n")[0]
    if "\\boxed{" in output:
        return _braced(output.rpartition("\\boxed{")[2])
    if "\nA:" in output or output.startswith("A:"):
        return ("\n" + output).partition("\nA:")[2].partition("\n")[0]
    start = output.lower().rfind("answer is")
    if start >= 0:
        return re.split(r"\n|[.,]\s|\.$", output[start + 9 : start + 200].lstrip(": \n"), maxsplit=1)[0]
    return None


def _unmarked(output: str, expected: str) -> str:
    if expected[-1].isalpha():
        words = re.findall(r"\w+", output[-TAIL:])
        return words[-1] if words else ""
    numbers = _LAST.findall(unicodedata.normalize("NFKC", output[-TAIL:]))
    return numbers[-1] if numbers else ""


def _braced(text: str) -> str | None:
    depth = 1
    for i, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return text[:i]
    return None


def _normal(answer: str) -> str:
    if not answer.isascii():
        answer = unicodedata.normalize("NFKC", answer).replace("\u2212", "-")
    answer = _FRACTION.sub(r"\1/\2", answer.strip())
    answer = _NOISE.sub("", answer).lower().rstrip(".")
    number = _LEADING.fullmatch(answer)
    if number is None:
        return answer.strip("().")
    digits = _ZEROS.sub(r"\1", number[1]).rstrip(".") if "." in number[1] else number[1]
    return digits.lstrip("0") or "0"
