"""The job of solving problems independently, to verify answers."""

from collections.abc import Sequence
from pathlib import Path

from stages.instructor.language_model.worked_solutions import MARK, read_solution
from stages.llm.chat import ChatRequest, Reply
from stages.llm.json_strings import clean
from stages.llm.prompts import Prompt
from stages.llm.tolerant_json import after_thoughts

PROMPT = Path("stages/prompts/solve.txt")


def requests(questions: Sequence[str], samples: int, seed: int) -> list[ChatRequest]:
    """Return `samples` requests a question, those of one question together."""
    prompt = Prompt.read(PROMPT)
    return [
        prompt.request({"question": question}, None, sample, seed)
        for question in questions
        for sample in range(samples)
    ]


def solutions(replies: Sequence[Reply], questions: int, samples: int) -> list[list[str]]:
    """Return the solutions of each question; a reply without an answer is missing."""
    texts = [_solution(reply) for reply in replies]
    parts = [texts[i * samples : (i + 1) * samples] for i in range(questions)]
    return [[text for text in part if text is not None] for part in parts]


def _solution(reply: Reply) -> str | None:
    solution = None if reply.failure else read_solution(clean(after_thoughts(reply.text, MARK)))
    return solution.text if solution else None
