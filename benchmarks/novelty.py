"""How long novelty and decontamination take, and whether they find what they should.

    python -m benchmarks.novelty [--data ../shared/data] [--candidates 15000]

Known are GSM8K's training and test questions (8,792, the test ones held out). Candidates are its training problems
with new numbers, several times over, which is what the symbolic instructor writes; each is compared with everything
known and with the candidates accepted before it, in rounds of 1,000. Then copies of the test questions, edited in
several ways, are looked up.
"""

import argparse
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from stages.arithmetic.renumbering import renumber
from stages.arithmetic.tracing import Refusal
from stages.synthesis.novelty import Match, NoveltyIndex, NoveltyParams

ROUND = 1000
PADDING = "A small shop in the middle of the town has been open for years and everybody there knows its owner. " * 3
DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def main() -> None:
    arguments = _parse_arguments()
    train = _read(arguments.data / "gsm8k_train.jsonl")
    test = {f"test{i}": row["question"] for i, row in enumerate(_read(arguments.data / "gsm8k_test.jsonl"))}
    candidates = _renumber(train, arguments.candidates)
    print(f"{len(train) + len(test)} known, {len(candidates)} candidates")
    seeds = {f"train{i}": row["question"] for i, row in enumerate(train)}
    for compare in ("words_and_numbers", "words"):
        index = NoveltyIndex(NoveltyParams(0.7, compare, 8), arguments.threads)
        started, worked = time.perf_counter(), time.process_time()
        index.add(seeds, "train")
        index.add(test, "test", held_out=True)
        matches = _screen(index, candidates)
        seconds, work = time.perf_counter() - started, time.process_time() - worked
        counts = Counter(f"{match.kind} of {match.source}" if match else "new" for match in matches)
        print(f"{compare}: {seconds:.1f} s ({work:.1f} s of CPU time), {dict(counts.most_common())}")
        _look_up_copies(test, compare)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with GSM8K's files")
    parser.add_argument("--candidates", type=int, default=15_000)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def _read(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _renumber(rows: list[dict[str, str]], wanted: int) -> list[str]:
    made: list[str] = []
    for turn in range(10):
        for index, row in enumerate(rows):
            answer = row["answer"].rpartition("####")[2].strip()
            result = renumber(row["question"], row["answer"], answer, random.Random(f"{turn}:{index}"))
            if not isinstance(result, Refusal):
                made.append(result.question)
            if len(made) == wanted:
                return made
    return made


def _screen(index: NoveltyIndex, candidates: list[str]) -> list[Match | None]:
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


def _look_up_copies(test: dict[str, str], compare: str) -> None:
    index = NoveltyIndex(NoveltyParams(0.7, compare, 8))
    index.add(test, "test", held_out=True)
    edited: dict[str, list[str]] = {}
    for question in test.values():
        for name, text in _edits(question):
            edited.setdefault(name, []).append(text)
    for name, texts in edited.items():
        missed = sum(match is None for match in index.matches(texts))
        print(f"{compare}, test questions {name}: {len(texts) - missed} of {len(texts)} found")


def _edits(question: str) -> Iterator[tuple[str, str]]:
    """Yield ways to copy a question: each leaves the problem what it is."""
    words = question.split()
    yield "as they are", question
    yield "in capitals, wider spaces", question.upper().replace(" ", "  ")
    yield (
        "with every tenth word replaced",
        " ".join(
            "thing" if position % 10 == 5 and word.isalpha() and word.lower() not in DIGITS else word
            for position, word in enumerate(words)
        ),
    )
    yield "with names replaced", re.sub(r"(?<=[a-z,] )[A-Z][a-z]+", "Quill", question)
    yield "with numbers in LaTeX", re.sub(r"\$?(\d[\d,]*(?:\.\d+)?)", r"\\(\1\\)", question)
    yield (
        "with digits in words",
        re.sub(r"(?<![\w.,$/])[2-9](?![\w.,%/])", lambda match: DIGITS[int(match[0])], question),
    )
    yield "inside a longer text", f"{PADDING}{question} {PADDING}"
    yield "with sentences in reverse order", " ".join(re.split(r"(?<=[.?!])\s+", question)[::-1])


if __name__ == "__main__":
    main()
