r"""What a target answers when it is asked for `#### answer`, and when it is asked for a box, and how that is graded.

    python -m benchmarks.answer_styles models/base --out outputs.jsonl

A model solves GSM8K's first training problems (`--data`) twice, with the engine of params.yaml and its own chat
template, and is never stopped at an answer line. Every output is graded whole, and again cut where
`generation.stop_after_answer` would have ended it: `same_verdict` counts those with the same verdict both times.
`--out` gets the outputs, for a reader to judge.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import inputs, results
from stages.answers.marks import has_answer_line
from stages.core.files import content_id, write_records
from stages.core.records import Problem
from stages.core.verdict import Verdict
from stages.grading.grade import grade
from stages.model import inference
from stages.model.chat import ChatParams
from stages.model.checkpoints import Target
from stages.model.generation import Generation, GenerationParams, Stop

STYLES = {
    "hash": "{question}\n\nPlease reason step by step, and end with a line that says `#### ` and your final answer.",
    "box": inputs.BOXED,
}
NEW_TOKENS = 512


@dataclass(frozen=True)
class Reading:
    """An output and its verdict, whole and cut; `length` is that of the cut text, in characters."""

    style: str
    question: str
    gold: str
    output: str
    stop: str
    verdict: Verdict
    extracted: str | None
    length: int
    cut_verdict: Verdict


def main() -> None:
    """Ask in both styles and write what came of it."""
    parser = inputs.data_parser(__doc__)
    parser.add_argument("base", type=Path)
    parser.add_argument("--limit", type=int, default=200)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    problems = [
        Problem(content_id(question), question, solution, answer, "", None, "gsm8k", None, None)
        for question, solution, answer in inputs.gsm8k(arguments.data, "train")[: arguments.limit]
    ]
    with inputs.base_folder(arguments.base) as base:
        readings = [reading for style in STYLES for reading in read(base, style, problems)]
    if arguments.out:
        write_records(arguments.out, readings)
    results.write("answer_styles", [summary(style, readings) for style in STYLES])


def read(base: Path, style: str, problems: list[Problem]) -> Iterator[Reading]:
    """Yield what the target answers in one style, graded."""
    generations = inference.solve(
        Target(base, None),
        problems,
        chat_params=ChatParams("model", "", None, STYLES[style], {}, final_answer="#### {answer}"),
        dtype="auto",
        params=GenerationParams(NEW_TOKENS, stop_after_answer=False),
        title=style,
    )
    for problem in problems:
        (made,) = generations[problem.id]
        graded = grade(problem.answer, made.text, truncated=made.stop == Stop.LENGTH)
        cut = cut_after_answer(made)
        cut_verdict = grade(problem.answer, cut.text, truncated=cut.stop == Stop.LENGTH).verdict
        yield Reading(
            style=style,
            question=problem.question,
            gold=problem.answer,
            output=made.text,
            stop=made.stop,
            verdict=graded.verdict,
            extracted=graded.extracted,
            length=len(cut.text),
            cut_verdict=cut_verdict,
        )


def cut_after_answer(made: Generation) -> Generation:
    """Return a generation up to the end of its first complete answer line."""
    ends = (i + 1 for i, character in enumerate(made.text) if character == "\n")
    end = next((end for end in ends if has_answer_line(made.text[:end])), None)
    return made if end is None else Generation(made.text[:end].strip(), made.tokens, Stop.ANSWER)


def summary(style: str, readings: list[Reading]) -> dict[str, Any]:
    """Return the counts of one style."""
    asked = [reading for reading in readings if reading.style == style]
    verdicts = Counter(reading.verdict for reading in asked)
    return {
        "style": style,
        "problems": len(asked),
        **{verdict.value: verdicts[verdict] for verdict in Verdict if verdicts[verdict]},
        "cut": sum(reading.length < len(reading.output) for reading in asked),
        "same_verdict": sum(reading.verdict is reading.cut_verdict for reading in asked),
    }


if __name__ == "__main__":
    main()
