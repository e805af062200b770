"""Problems that exist already, as training rows: what new problems have to be compared with.

    train_set   training problems as they are
    per_case    each bad case's own problem with a correct solution, which generalises nothing

There is no request, and nothing to check in a gold solution: unusable ones are not among the problems. What must not
happen is that a row repeats one of an earlier iteration or comes near a test problem.
"""

import random
from collections.abc import Sequence
from dataclasses import replace

from stages.core.files import content_id
from stages.core.records import Candidate
from stages.core.verdict import Verdict
from stages.grading.grade import grade
from stages.instructor.interface import Draft, Example, Instructor
from stages.synthesis import outcome
from stages.synthesis.checks import faults
from stages.synthesis.novelty import NoveltyIndex
from stages.synthesis.outcome import Finding, Origin, Synthesized
from stages.synthesis.wording import words

REPEATED = "repeats a training row"
_CHECKS = ("repetition", "decontamination")


def reuse(
    examples: Sequence[Example], wanted: int, history: Sequence[str], tests: NoveltyIndex, *, strategy: str, seed: int
) -> Synthesized:
    """Draw `wanted` examples as candidates.

    Args:
        examples: problems with their solutions; the id is the one that `demonstration_ids` names.
        wanted: how many; all of them where there are fewer.
        history: questions of earlier training rows, which are not repeated.
        tests: test problems alone; what copies one is rejected.
        strategy: what the records name as their strategy and, for want of a type, as their error type.
        seed: of the draw.
    """
    result = Synthesized([], [], {})
    taken = {tuple(words(question)) for question in history}
    drawn = random.Random(f"{seed}:{strategy}").sample(list(examples), len(examples))
    matches = tests.matches([example.question for example in drawn])
    for example, match in zip(drawn, matches, strict=True):
        if len(result.accepted) == wanted:
            break
        key = tuple(words(example.question))
        finding = Finding(_CHECKS, (REPEATED,) if key in taken else (), None, None).with_match(match)
        draft = Draft(example.question, example.solution, example.answer, (example.id,), None)
        origin = Origin(strategy, strategy, "")
        if finding.reasons:
            result.rejected.append(outcome.rejected(draft, origin, finding, len(result.rejected)))
        else:
            result.accepted.append(outcome.candidate(draft, origin, finding))
            taken.add(key)
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
        if correct and not faults(candidate.question, text, candidate.answer):
            return replace(candidate, id=content_id(candidate.question, text), solution=text)
    return candidate
