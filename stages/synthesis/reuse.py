"""Problems that exist already, as training rows: what new problems have to be compared with.

    train_set   training problems as they are
    per_case    each bad case's own problem with a correct solution, which generalises nothing

There is no request and nothing to check in a gold solution that `extract_bad_cases` has accepted. What must not happen
is that a row repeats one of an earlier iteration or comes near a test problem.
"""

import random
from collections.abc import Sequence
from dataclasses import replace

from stages.arithmetic.checking import find_flaws
from stages.grading.grade import grade
from stages.grading.verdict import Verdict
from stages.instructor.interface import Example, Instructor
from stages.pipeline.files import content_id
from stages.pipeline.records import Candidate, Rejected
from stages.synthesis.novelty import NoveltyIndex, words
from stages.synthesis.self_instruct import Synthesized


def reuse(
    examples: Sequence[Example], wanted: int, history: Sequence[str], tests: NoveltyIndex, *, strategy: str, seed: int
) -> Synthesized:
    """Draw `wanted` examples as candidates.

    Args:
        examples: problems with their solutions; the id is the one that `demonstration_ids` names.
        wanted: how many; all of them where there are fewer.
        history: questions of earlier training rows, which are not repeated.
        tests: test problems alone; a near copy of one is rejected.
        strategy: what the records name as their strategy and, for want of a type, as their error type.
        seed: of the draw.
    """
    result = Synthesized([], [], {})
    taken = {tuple(words(question)) for question in history}
    for example in random.Random(f"{seed}:{strategy}").sample(list(examples), len(examples)):
        if len(result.accepted) == wanted:
            break
        copy = tests.near_copy(example.question)
        if tuple(words(example.question)) in taken:
            result.rejected.append(_rejected(example, strategy, "repeats a training row", None, None))
        elif copy is not None:
            result.rejected.append(_rejected(example, strategy, "near copy", copy.id, copy.similarity))
        else:
            result.accepted.append(_candidate(example, strategy))
            taken.add(tuple(words(example.question)))
    if len(result.accepted) < wanted:
        result.shortfall[strategy] = wanted - len(result.accepted)
    return result


def with_own_solutions(made: Synthesized, instructor: Instructor, seed: int) -> Synthesized:
    """Put the instructor's own solution in the place of the gold one wherever it is correct and shown step by step."""
    solved = instructor.solve([candidate.question for candidate in made.accepted], 1, seed)
    accepted = [_solved(candidate, texts) for candidate, texts in zip(made.accepted, solved, strict=True)]
    return replace(made, accepted=accepted)


def _solved(candidate: Candidate, texts: Sequence[str]) -> Candidate:
    for text in texts:
        correct = grade(candidate.answer, text).verdict is Verdict.CORRECT
        if correct and not find_flaws(candidate.question, text, candidate.answer):
            return replace(candidate, id=content_id(candidate.question, text), solution=text)
    return candidate


def _candidate(example: Example, strategy: str) -> Candidate:
    return Candidate(
        id=content_id(example.question, example.solution),
        question=example.question,
        solution=example.solution,
        answer=example.answer,
        error_type_id=strategy,
        demonstration_ids=[example.id],
        request_id="",
        strategy=strategy,
    )


def _rejected(example: Example, strategy: str, reason: str, copies: str | None, similarity: float | None) -> Rejected:
    return Rejected(
        id=content_id(strategy, example.id),
        question=example.question,
        solution=example.solution,
        answer=example.answer,
        error_type_id=strategy,
        demonstration_ids=[example.id],
        request_id="",
        strategy=strategy,
        reason=reason,
        copies=copies,
        similarity=similarity,
    )
