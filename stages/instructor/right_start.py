r"""The part of an output before its first mistake, up to the end of a sentence or a step.

    right_start("Ann has 3 + 4 = 7 pens. She sells 7 - 2 = 4.", 36)             ->  "Ann has 3 + 4 = 7 pens."
    right_start("Add:\n\\[ 3 + 4 = 7 \\]\n### Step 2\nSo we get:\n\\[ 7 - 2 = 4", 44)  ->  "Add:\n\\[ 3 + 4 = 7 \\]"

What only announces the step with the mistake is left out with it: a heading, a label, a line that ends in a colon.
"""

import re

NOTHING_RIGHT = "nothing right before the first mistake"
"""The reason to leave a case alone whose output has no such part."""

_BREAK = re.compile(r"\n|(?<=[.!?])[*)\"]*[ \t]+(?=[A-Z$\\*(\"])")
_NO_BREAK = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|St|vs|approx|No|e\.g|i\.e|[A-Z])|^\s*\d+)\.\s*$")
_BLOCKS = (("\\[", "\\]"), ("\\(", "\\)"), ("\\begin{", "\\end{"))
_TWINS = ("$$", "```")
_ANNOUNCEMENT = re.compile(
    r"\s*(?:#+\s.*|.*:[\s*]*|\*\*[^*]+\*\*[.:]?\s*|(?:[*_#\s]*step\s+)?\d*\s*[.:)*]*\s*|[-*•]\s*)", re.IGNORECASE
)


def right_start(output: str, place: int) -> str:
    """Return what an output says before the sentence that a place of it is in, without blanks around it."""
    text = output[: _sentence_start(output, place)]
    while (opening := _unclosed(text)) is not None:
        text = text[: _sentence_start(text, opening)]
    lines = text.rstrip().split("\n")
    while lines and _ANNOUNCEMENT.fullmatch(lines[-1]):
        lines.pop()
    return "\n".join(lines).strip()


def sentence_end(output: str, place: int) -> int:
    """Return where the sentence ends that a place of an output is in, or the formula that it is in, with its line."""
    end = next((match.start() for match in _BREAK.finditer(output, place) if _is_break(output, match)), len(output))
    while end < len(output) and _unclosed(output[:end]) is not None:
        end = len(output) if (after := output.find("\n", end + 1)) < 0 else after
    return end


def _sentence_start(output: str, place: int) -> int:
    ends = (match.end() for match in _BREAK.finditer(output, 0, place) if _is_break(output, match))
    return max(ends, default=0)


def _is_break(output: str, match: re.Match[str]) -> bool:
    line = output.rfind("\n", 0, match.start()) + 1
    return match[0] == "\n" or not _NO_BREAK.search(output[line : match.start()])


def _unclosed(text: str) -> int | None:
    """Return where the first block of a text begins that does not end, or None."""
    places = [text.rfind(begin) for begin, end in _BLOCKS if text.count(begin) > text.count(end)]
    places += [text.rfind(sign) for sign in _TWINS if text.count(sign) % 2]
    return min(places, default=None)
