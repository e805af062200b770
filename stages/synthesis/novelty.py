"""Is a question new? Near copies by ROUGE-L F over words, computed exactly.

ROUGE-L F of two texts is 2 L / (n + m), where L is the length of the longest common subsequence of their n and m words
(Lin 2004). Words become single characters, so that rapidfuzz compares whole sets of questions in C++.

Two instances of one template share nearly all words and are still different problems, because their numbers differ. So
there are two ways to compare. `words`: a near copy shares the words. `words_and_numbers`: it must share the sequence of
numbers too, again by ROUGE-L F; this is the one for an instructor that renumbers problems.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from stages.pipeline.exceptions import ParamsError

# Letters, numbers with their separators, and signs that carry meaning in mathematics: `3+4` is not `3-4`.
_WORD = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)*|[^\w\s.,;:!?\"'()]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*(?:/\d+)?")
_FIRST_CHARACTER = 0x100


@dataclass(frozen=True)
class NoveltyParams:
    """`threshold` is the ROUGE-L F from which on a question is a near copy."""

    threshold: float
    compare: Literal["words", "words_and_numbers"]


@dataclass(frozen=True)
class NearCopy:
    """The most similar known text at or above the threshold."""

    id: str
    similarity: float


class NoveltyIndex:
    """Known texts, against which new ones are compared."""

    def __init__(self, params: NoveltyParams) -> None:
        """Start with no known text.

        Raises:
            ParamsError: the threshold is no fraction above 0.
        """
        if not 0 < params.threshold <= 1:
            raise ParamsError(
                f"params.yaml: synthesize_data.novelty.threshold must be above 0 up to 1, not {params.threshold}"
            )
        self._params = params
        self._alphabet: dict[str, str] = {}
        self._ids: list[str] = []
        self._words: list[str] = []
        self._numbers: list[str] = []

    def add(self, texts: Mapping[str, str]) -> None:
        """Make texts known, by id."""
        for key, text in texts.items():
            self._ids.append(key)
            self._words.append(self._encode(words(text)))
            self._numbers.append(self._encode(_NUMBER.findall(text)))

    def near_copy(self, text: str) -> NearCopy | None:
        """Return the known text that `text` is a near copy of, the most similar first, or None."""
        if not self._ids:
            return None
        similarity = rouge_l(self._encode(words(text)), self._words)
        if self._params.compare == "words_and_numbers":
            numbers = rouge_l(self._encode(_NUMBER.findall(text)), self._numbers)
            similarity = similarity.clip(max=numbers)
        best = int(similarity.argmax())
        if similarity[best] < self._params.threshold:
            return None
        return NearCopy(self._ids[best], round(float(similarity[best]), 4))

    def _encode(self, tokens: Iterable[str]) -> str:
        alphabet = self._alphabet
        return "".join(alphabet.setdefault(token, _character(len(alphabet))) for token in tokens)


def words(text: str) -> list[str]:
    """Split into lower-case words, numbers and mathematical signs; punctuation does not count."""
    return _WORD.findall(text.lower())


def rouge_l(text: str, known: Sequence[str]) -> Any:
    """Return the ROUGE-L F of one encoded text with each known one, shape (n_known,).

    Two empty texts are alike (1.0): they differ in nothing.
    """
    import numpy as np  # heavy, as is the next
    from rapidfuzz import process
    from rapidfuzz.distance import LCSseq

    common = process.cdist([text], known, scorer=LCSseq.similarity, dtype=np.int32)[0]
    lengths = np.array([len(text) + len(other) for other in known])
    return np.where(lengths > 0, 2 * common / np.maximum(lengths, 1), 1.0)


def _character(index: int) -> str:
    code = _FIRST_CHARACTER + index
    return chr(code if code < 0xD800 else code + 0x800)  # step over the surrogates
