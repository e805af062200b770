"""Pairs for direct preference optimisation: a right and a wrong solution of one problem, both by the target.

A try is wrong where it was written to its end, marks its answer by itself (a last line `#### 72`, or a box), and that
answer is not the one that stands certified. So none is wrong for its style alone, for code, because it was cut, or
because the last of its numbers was taken for an answer; and nothing is wrong where nothing certifies the answer.
"""

from collections.abc import Sequence

from stages.answers.final_answer import boxed_answer, hash_answer
from stages.answers.thoughts import without_thoughts
from stages.core.records import Candidate, Solution
from stages.core.solutions import TARGET
from stages.core.verdict import Verdict


def is_wrong(solution: Solution) -> bool:
    """Tell whether a try of the target is wrong for its answer."""
    by_answer = solution.verdict is Verdict.WRONG and solution.reason == Verdict.WRONG
    return by_answer and solution.author == TARGET and marked_answer(solution.text) is not None


def marked_answer(text: str) -> str | None:
    """Return the answer that a solution marks as its own, or None."""
    said = without_thoughts(text)
    return hash_answer(said) or boxed_answer(said) or None


def beside(candidate: Candidate, tries: Sequence[Solution]) -> dict[str, Solution]:
    """Return a wrong try of a candidate for each of its right ones that are kept, by the id of the right one.

    A right one gets the wrong one that is nearest to it in length, so that length is not what a model learns. No text
    is taken twice: there are at most as many pairs as right solutions, of which `solve_candidates.keep` is the limit.
    """
    wrong = {} if candidate.certificate == "none" else {one.text: one for one in tries if is_wrong(one)}
    found = {}
    for right in tries:
        if right.kept and right.author == TARGET and wrong:
            nearest = min(wrong, key=lambda text: (abs(len(text) - len(right.text)), text))
            found[right.id] = wrong.pop(nearest)
    return found
