"""The job of writing new problems of one error type (SEI, section 3.3): the requests, and drafts from the replies.

A reply is `{"problems": [{"question": "...", "solution": "6 * 2 = 12\\n#### 12"}]}`. Each of its problems is a draft;
one that cannot be used says why, and so does a reply without any. Where the problems shown have their answers in a box,
new ones are asked for in LaTeX, with a box too. Where exercises are asked for, each has a `skill` before its question.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stages.answers.final_answer import MARKER, is_boxed
from stages.core.files import content_id
from stages.instructor.interface import Draft, Example, SynthesisRequest
from stages.instructor.language_model.worked_solutions import lines_of, read_solution
from stages.llm.chat import ChatRequest, Reply, Schema
from stages.llm.json_strings import clean
from stages.llm.prompts import Prompt
from stages.llm.schemas import list_of, object_schema
from stages.llm.tolerant_json import find_items

TARGETED_PROMPT = Path("stages/prompts/synthesize.txt")
EXERCISES_PROMPT = Path("stages/prompts/synthesize_exercises.txt")
UNTARGETED_PROMPT = Path("stages/prompts/synthesize_untargeted.txt")
_TEXT = {"type": "string"}
SCHEMA = Schema("problems", object_schema(problems=list_of(question=_TEXT, solution=_TEXT)))
EXERCISES_SCHEMA = Schema("exercises", object_schema(problems=list_of(skill=_TEXT, question=_TEXT, solution=_TEXT)))
_NUMBERS = {
    "answer": "Each must have one answer, a number,",
    "ending": "End each solution with a line `#### ` and the final number alone, without unit.",
    "last_line": r"first step\nsecond step\n#### number",
}
_BOXES = {
    "answer": "Each must have one answer, a number or a formula,",
    "ending": (
        "Write formulas in LaTeX, between dollar signs. End each solution with a sentence that has the final answer, "
        r"alone and as simple as it can be, in `\boxed{}`."
    ),
    "last_line": r"first step\nsecond step\nThe answer is $\\boxed{answer}$.",
}
_FAILED_ON = "Problems on which they failed for that reason, each with a correct solution:"
_UNTARGETED = "Problems with their solutions:"
_ACCEPTED = "Problems that were written for them before, and that the new ones must not repeat:"


def requests(wanted: Sequence[SynthesisRequest]) -> list[ChatRequest]:
    """Return one chat request for each synthesis request; one without an error type mentions no weakness."""
    prompts = {path: Prompt.read(path) for path in dict.fromkeys(map(_prompt, wanted))}
    return [_chat_request(prompts[_prompt(request)], request) for request in wanted]


def _prompt(request: SynthesisRequest) -> Path:
    if request.exercises:
        return EXERCISES_PROMPT
    return TARGETED_PROMPT if request.error_type_name else UNTARGETED_PROMPT


def drafts(request: SynthesisRequest, reply: Reply) -> list[Draft]:
    """Return the problems of a reply as drafts, and at the end a failed one if the reply was cut."""
    ids = tuple(example.id for example in request.demonstrations)
    problems = None if reply.failure else find_items(reply.text, ("question", "solution"))
    if problems is None:
        cut = "reply cut before a problem ended" if reply.truncated else "no problems in the reply"
        return [_failed(reply.text, ids, reply.failure or cut)]
    written = [_draft(item, ids, request) for item in problems.value]
    return [*written, _failed(reply.text, ids, "reply cut after its last whole problem")] if problems.cut else written


def _chat_request(prompt: Prompt, request: SynthesisRequest) -> ChatRequest:
    heading = _FAILED_ON if request.error_type_name else _UNTARGETED
    shown = [_shown(heading, request.demonstrations), _shown(_ACCEPTED, request.accepted)]
    style = _BOXES if _asks_for_boxes(request) else _NUMBERS
    values = {"examples": "\n\n".join(filter(None, shown)), "count": str(request.count)} | style
    if request.error_type_name:
        values |= {"error_type": request.error_type_name, "explanation": request.error_type_explanation}
    # Requests of one error type may show the same examples: with equal seeds they would share a reply.
    seed = int(content_id(request.id, str(request.seed))[:7], 16)
    return prompt.request(values, EXERCISES_SCHEMA if request.exercises else SCHEMA, seed=seed)


def _asks_for_boxes(request: SynthesisRequest) -> bool:
    return any(is_boxed(example.solution) for example in request.demonstrations)


def _shown(heading: str, examples: Sequence[Example]) -> str:
    blocks = [f"Problem: {example.question}\nSolution:\n{example.solution}" for example in examples]
    return "\n\n".join([heading, *blocks]) if blocks else ""


def _failed(text: str, ids: tuple[str, ...], reason: str) -> Draft:
    return Draft("", clean(text), "", ids, reason, "none")


def _draft(item: Any, ids: tuple[str, ...], request: SynthesisRequest) -> Draft:
    question = item.get("question") if isinstance(item, dict) else None
    solution = _solution(item, request) if isinstance(item, dict) else ""
    if not isinstance(question, str) or not solution or not question.strip():
        return _failed(json.dumps(item, ensure_ascii=False, sort_keys=True), ids, "no question or no solution")
    skill = _skill(item, request) if request.exercises else None
    solved = read_solution(solution)
    if solved is None:
        return Draft(question.strip(), solution.strip(), "", ids, "no final answer", "none", skill)
    return Draft(question.strip(), solved.text, solved.answer, ids, None, "none", skill)


def _solution(item: dict[str, Any], request: SynthesisRequest) -> str:
    """Return the solution of an item; one that marks no answer ends with the item's own, where it has one."""
    solution, answer = (
        lines_of(item.get("solution")),
        lines_of(item.get("answer")) or lines_of(item.get("final_answer")),
    )
    if not solution or not answer or read_solution(solution):
        return solution
    end = rf"The answer is $\boxed{{{answer}}}$." if _asks_for_boxes(request) else f"{MARKER} {answer}"
    return f"{solution}\n{end}"


def _skill(item: dict[str, Any], request: SynthesisRequest) -> str:
    """Return the skill that a reply names, or the error type where it names none."""
    named = item.get("skill")
    return named.strip() if isinstance(named, str) and named.strip() else request.error_type_name
