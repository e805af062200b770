"""How long novelty and decontamination take, and whether they find what they should.

    python -m benchmarks.novelty [--data ../shared/data] [--candidates 15000]

Known are GSM8K's training and test questions (8,792, the test ones held out). Candidates are its training problems
with new numbers, several times over, which is what the symbolic instructor writes; each is compared with everything
known and with the candidates accepted before it, in rounds of 1,000. Then copies of the test questions, edited in
several ways, are looked up.
"""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from benchmarks import inputs, results
from benchmarks.clock import Clock
from benchmarks.inputs import Problem
from stages.arithmetic.renumbering import renumber
from stages.arithmetic.tracing import Refusal
from stages.synthesis.novelty import Match, NoveltyIndex, NoveltyParams

ROUND = 1000
Compare = Literal["words_and_numbers", "words"]
COMPARES: tuple[Compare, ...] = ("words_and_numbers", "words")
PADDING = "A small shop in the middle of the town has been open for years and everybody there knows its owner. " * 3
DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def main() -> None:
    """Screen candidates and look copies up, by both ways to compare."""
    parser = inputs.data_parser(__doc__)
    parser.add_argument("--candidates", type=int, default=15_000)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    problems = inputs.gsm8k(arguments.data, "train")
    train = {f"train{i}": problem[0] for i, problem in enumerate(problems)}
    test = {f"test{i}": problem[0] for i, problem in enumerate(inputs.gsm8k(arguments.data, "test"))}
    candidates = _renumber(problems, arguments.candidates)
    screened = [_screened(compare, train, test, candidates, arguments.threads) for compare in COMPARES]
    results.write("novelty", screened)
    results.write("novelty_copies", _copies(test))


def _renumber(problems: Sequence[Problem], wanted: int) -> list[str]:
    made: list[str] = []
    for turn in range(10):
        for index, problem in enumerate(problems):
            result = renumber(*problem, random.Random(f"{turn}:{index}"))
            if not isinstance(result, Refusal):
                made.append(result.question)
            if len(made) == wanted:
                return made
    return made


def _screened(
    compare: Compare, train: Mapping[str, str], test: Mapping[str, str], candidates: Sequence[str], threads: int
) -> dict[str, Any]:
    index = NoveltyIndex(NoveltyParams(0.7, compare, 8), threads)
    clock = Clock()
    clock.run(index.add, train, "train")
    clock.run(index.add, test, "test", held_out=True)
    matches = clock.run(_screen, index, candidates)
    return {
        "compare": compare,
        "known": len(train) + len(test),
        "candidates": len(candidates),
        "threads": threads,
        "seconds": round(clock.seconds, 1),
        "cpu_seconds": round(clock.cpu_seconds, 1),
        "new": matches.count(None),
        "copies": inputs.listed(Counter(f"{match.kind} of {match.source}" for match in matches if match)),
    }


def _screen(index: NoveltyIndex, candidates: Sequence[str]) -> list[Match | None]:
    """Compare as synthesis does: a round with what was known before it, then each with those accepted in the round."""
    matches: list[Match | None] = []
    for start in range(0, len(candidates), ROUND):
        texts = candidates[start : start + ROUND]
        before = len(index)
        for number, (text, match) in enumerate(zip(texts, index.matches(texts), strict=True), start):
            matches.append(match or index.matches([text], since=before)[0])
            if matches[-1] is None:
                index.add({f"candidate{number}": text}, "accepted")
    return matches


def _copies(test: Mapping[str, str]) -> list[dict[str, Any]]:
    indices = {compare: NoveltyIndex(NoveltyParams(0.7, compare, 8)) for compare in COMPARES}
    for index in indices.values():
        index.add(test, "test", held_out=True)
    edited = defaultdict(list)
    for question in test.values():
        for name, text in _edits(question):
            edited[name].append(text)
    return [
        {"copies": name, "of": len(texts)}
        | {compare: sum(map(bool, index.matches(texts))) for compare, index in indices.items()}
        for name, texts in edited.items()
    ]


def _edits(question: str) -> Iterator[tuple[str, str]]:
    """Yield ways to copy a question: each leaves the problem what it is."""
    words = [
        "thing" if position % 10 == 5 and word.isalpha() and word.lower() not in DIGITS else word
        for position, word in enumerate(question.split())
    ]
    in_words = re.sub(r"(?<![\w.,$/])[2-9](?![\w.,%/])", lambda match: DIGITS[int(match[0])], question)
    yield "as they are", question
    yield "in capitals, wider spaces", question.upper().replace(" ", "  ")
    yield "with every tenth word replaced", " ".join(words)
    yield "with names replaced", re.sub(r"(?<=[a-z,] )[A-Z][a-z]+", "Quill", question)
    yield "with numbers in LaTeX", re.sub(r"\$?(\d[\d,]*(?:\.\d+)?)", r"\\(\1\\)", question)
    yield "with digits in words", in_words
    yield "inside a longer text", f"{PADDING}{question} {PADDING}"
    yield "with sentences in reverse order", " ".join(re.split(r"(?<=[.?!])\s+", question)[::-1])


if __name__ == "__main__":
    main()
