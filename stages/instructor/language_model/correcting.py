r"""The job of correcting bad cases: the requests, and drafts from the replies.

A reply `{"quote": "2 + 2 = 5", "correction": "Wait: 2 + 2 = 4, not 5.", "rest": "2 + 2 = 4\n#### 4"}` cuts the output
before the sentence with the quoted words and goes on from there. A draft that cannot be had says why.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from stages.answers.final_answer import MARKER, is_boxed
from stages.answers.thoughts import without_thoughts
from stages.core.exceptions import one_line
from stages.core.records import Case
from stages.instructor.interface import Draft
from stages.instructor.language_model.worked_solutions import lines_of, read_solution
from stages.instructor.right_start import NOTHING_RIGHT, right_start
from stages.llm.chat import ChatRequest, Reply, Schema
from stages.llm.json_strings import clean
from stages.llm.prompts import Prompt
from stages.llm.schemas import object_schema
from stages.llm.tolerant_json import find_object

PROMPT = Path("stages/prompts/correct.txt")
_TEXT = {"type": "string"}
SCHEMA = Schema("correction", object_schema(quote=_TEXT, correction=_TEXT, rest=_TEXT))


def requests(cases: Sequence[Case]) -> list[ChatRequest]:
    """Return one request a case."""
    prompt = Prompt.read(PROMPT)
    return [prompt.request(_values(case), SCHEMA) for case in cases]


def draft(case: Case, reply: Reply) -> Draft:
    """Return the correction of a reply, or a failed draft with what it wrote."""
    value = {} if reply.failure else find_object(reply.text, "correction") or {}
    quote, correction = (one_line(lines_of(value.get(name))) for name in ("quote", "correction"))
    rest, output = read_solution(lines_of(value.get("rest"))), _said(case)
    place = _find(quote, output)
    kept = "" if place is None else right_start(output, place)
    if rest and correction and kept:
        return Draft(case.question, f"{kept}\n{correction}\n{rest.text}", case.answer, (case.id,), None, "gold")
    if rest and correction:
        failure = "quotes no words of the output" if place is None else NOTHING_RIGHT
    elif reply.truncated:
        failure = "reply cut before its end"
    else:
        failure = "no final answer" if correction else "no correction in the reply"
    return Draft(case.question, clean(reply.text), case.answer, (case.id,), reply.failure or failure, "gold")


def _said(case: Case) -> str:
    return without_thoughts(case.output).strip()


def _values(case: Case) -> dict[str, str]:
    if is_boxed(case.solution):
        ending = rf"End it with a sentence that has the answer in a box: $\boxed{{{case.answer}}}$."
        last_line = r"next step\nThe answer is $\\boxed{answer}$."
    else:
        ending, last_line = f"End it with a line `{MARKER} {case.answer}`.", rf"next step\n{MARKER} answer"
    shown = {"question": case.question, "solution": case.solution, "output": _said(case)}
    return shown | {"ending": ending, "last_line": last_line}


def _find(quote: str, output: str) -> int | None:
    """Return where an output has the quoted words, whatever blanks stand between them."""
    words = re.search(r"\s+".join(map(re.escape, quote.split())), output) if quote else None
    return None if words is None else words.start()
