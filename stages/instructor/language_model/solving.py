"""The job of solving problems independently, to verify answers or for solutions to train on."""

from collections.abc import Sequence
from pathlib import Path

from stages.instructor.interface import Attempt
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


def attempts(replies: Sequence[Reply], questions: int, samples: int) -> list[list[Attempt]]:
    """Return the tries at each question, up to their answers where they have one."""
    tries = [_attempt(reply) for reply in replies]
    return [tries[i * samples : (i + 1) * samples] for i in range(questions)]


def _attempt(reply: Reply) -> Attempt:
    text = clean(after_thoughts(reply.text, MARK))
    solution = read_solution(text)
    return Attempt(solution.text if solution else text, reply.truncated and not solution, reply.failure)
