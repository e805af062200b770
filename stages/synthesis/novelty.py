"""Novelty of questions: no near copy of a known question, and no n-gram shared with a test question.

*Near copies*, of any known question. ROUGE-L F of two texts is 2 L / (n + m), where L is the length of the longest
common subsequence of their n and m words (Lin 2004). It is computed exactly, for every pair: words become single
characters, so that rapidfuzz compares whole sets of questions in C++.

*Shared n-grams*, with test questions alone. A longer question that contains a test question is no near copy and still
gives it away.

Two instances of one template share nearly all words and are still different problems, because their numbers differ. So
there are two ways to compare. `words`: words alone decide; any shared n-gram counts. `words_and_numbers`, for an
instructor that renumbers problems: a near copy must also share the sequence of numbers, again by ROUGE-L F; an n-gram
counts only if it has a number and the question has most of the test question's numbers.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from stages.core.params import Count, PositiveShare, section
from stages.synthesis.wording import is_number, numbers, words

_FIRST_CHARACTER = 0x100
_BLOCK = 256


@section
class NoveltyParams:
    """The `synthesize_data.novelty` section.

    Attributes:
        threshold: smallest ROUGE-L F of a near copy, and smallest share of a test question's numbers at which a shared
            n-gram with a number counts.
        compare: whether words alone decide, or numbers too.
        ngram: length of the n-grams, in words, that a question must not share with a test question.
    """

    threshold: PositiveShare
    compare: Literal["words", "words_and_numbers"]
    ngram: Count


@dataclass(frozen=True)
class Match:
    """The known question that a question matches.

    Attributes:
        id: of the known question.
        source: its set.
        held_out: whether that is a test set.
        kind: `exact` (the same words), `near copy` (by ROUGE-L) or `n-gram`.
        similarity: ROUGE-L F of the two.
    """

    id: str
    source: str
    held_out: bool
    kind: Literal["exact", "near copy", "n-gram"]
    similarity: float

    @property
    def reason(self) -> str:
        """The reason to reject a question with this match."""
        return "copies a test problem" if self.held_out else "near copy"


class NoveltyIndex:
    """Known questions, against which new ones are compared."""

    def __init__(self, params: NoveltyParams, threads: int = 1) -> None:
        """Start with nothing known; `threads` compare, 0 as many as there are cores."""
        self._params = params
        self._threads = threads or -1
        self._encoded: dict[str, tuple[str, str]] = {}
        self._alphabet: dict[str, str] = {}
        self._digits: set[str] = set()
        self._names: list[tuple[str, str, bool]] = []
        self._words: list[str] = []
        self._numbers: list[str] = []
        self._ngrams: dict[str, list[int]] = {}

    def __len__(self) -> int:
        """Return the number of known questions."""
        return len(self._names)

    def add(self, texts: Mapping[str, str], source: str, *, held_out: bool = False) -> None:
        """Make texts known, by id; `held_out` ones are test questions, whose n-grams count."""
        for key, text in texts.items():
            text_words, text_numbers = self._encode(text)
            if held_out:
                for ngram in self._identifying_ngrams(text_words):
                    self._ngrams.setdefault(ngram, []).append(len(self))
            self._names.append((key, source, held_out))
            self._words.append(text_words)
            self._numbers.append(text_numbers)

    def matches(self, texts: Sequence[str], since: int = 0, *, short: bool = False) -> list[Match | None]:
        """Return the most similar match of each text among the known questions, or None.

        Args:
            texts: questions; they are not compared with each other.
            since: number of known questions to skip, the first ones.
            short: whether the texts are exercises, so short that they are alike: of questions that are not held out,
                only exact copies count.
        """
        if len(self) == since:
            return [None] * len(texts)
        blocks = (texts[start : start + _BLOCK] for start in range(0, len(texts), _BLOCK))
        return [match for block in blocks for match in self._match_block(block, since, short)]

    def _match_block(self, texts: Sequence[str], since: int, short: bool) -> list[Match | None]:
        """Do as `matches` for so few texts that all their similarities fit into memory."""
        encoded = [self._encode(text) for text in texts]
        similarities = rouge_l([one for one, _ in encoded], self._words[since:], self._threads)
        if short:
            import numpy as np  # heavy

            held_out = [is_held_out for _, _, is_held_out in self._names[since:]]
            similarities[(similarities < 1) & ~np.array(held_out)] = 0
        return [
            self._near_copy(row, text_numbers, since) or self._shared_ngram(text_words, text_numbers, row, since)
            for row, (text_words, text_numbers) in zip(similarities, encoded, strict=True)
        ]

    def _near_copy(self, similarities: Any, text_numbers: str, since: int) -> Match | None:
        threshold = self._params.threshold
        similar = (similarities >= threshold).nonzero()[0]
        scores = similarities[similar]
        if self._params.compare == "words_and_numbers" and len(similar):
            known = [self._numbers[since + int(index)] for index in similar]
            scores = scores.clip(max=rouge_l([text_numbers], known)[0])
            similar, scores = similar[scores >= threshold], scores[scores >= threshold]
        if not len(similar):
            return None
        index = int(similar[scores.argmax()])
        similarity = float(similarities[index])
        return self._match(since + index, "exact" if similarity == 1 else "near copy", similarity)

    def _shared_ngram(self, text_words: str, text_numbers: str, similarities: Any, since: int) -> Match | None:
        """Return the test question that shares most n-grams with a text."""
        shared: Counter[int] = Counter()
        for ngram in _ngrams(text_words, self._params.ngram):
            shared.update(index for index in self._ngrams.get(ngram, ()) if index >= since)
        for index, _ in sorted(shared.items(), key=lambda item: (-item[1], item[0])):
            if self._params.compare == "words" or self._agrees(text_numbers, self._numbers[index]):
                return self._match(index, "n-gram", float(similarities[index - since]))
        return None

    def _agrees(self, text_numbers: str, known: str) -> bool:
        """Tell whether a text has enough of the numbers of a known question, in any order."""
        common = (Counter(text_numbers) & Counter(known)).total()
        return common >= self._params.threshold * len(known)

    def _match(self, index: int, kind: Literal["exact", "near copy", "n-gram"], similarity: float) -> Match:
        return Match(*self._names[index], kind, round(similarity, 4))

    def _identifying_ngrams(self, text: str) -> set[str]:
        """Return the n-grams that identify a test question: all, or those with a number where it has numbers."""
        ngrams = _ngrams(text, self._params.ngram)
        if self._params.compare == "words" or self._digits.isdisjoint(text):
            return ngrams
        return {ngram for ngram in ngrams if not self._digits.isdisjoint(ngram)}

    def _encode(self, text: str) -> tuple[str, str]:
        """Return words and numbers of a text, a character each."""
        if text not in self._encoded:
            self._encoded[text] = self._characters(words(text)), self._characters(numbers(text))
        return self._encoded[text]

    def _characters(self, tokens: Iterable[str]) -> str:
        return "".join(self._alphabet.get(token) or self._new_character(token) for token in tokens)

    def _new_character(self, token: str) -> str:
        character = self._alphabet[token] = _character(len(self._alphabet))
        if is_number(token):
            self._digits.add(character)
        return character


def rouge_l(texts: Sequence[str], known: Sequence[str], threads: int = 1) -> Any:
    """Return the ROUGE-L F of each encoded text with each known one, shape (n_texts, n_known); -1 uses all threads.

    It is 1.0 for two empty texts.
    """
    import numpy as np  # heavy, as is the next
    from rapidfuzz import process
    from rapidfuzz.distance import LCSseq

    common = process.cdist(texts, known, scorer=LCSseq.similarity, dtype=np.int32, workers=threads)
    lengths = np.add.outer([len(text) for text in texts], [len(text) for text in known])
    return np.where(lengths > 0, 2 * common / np.maximum(lengths, 1), 1.0)


def _ngrams(text: str, size: int) -> set[str]:
    return {text[start : start + size] for start in range(len(text) - size + 1)}


def _character(index: int) -> str:
    code = _FIRST_CHARACTER + index
    return chr(code if code < 0xD800 else code + 0x800)  # step over the surrogates
