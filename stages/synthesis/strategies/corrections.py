"""Each bad case's own problem, its solution the output up to the first mistake, corrected there and carried on.

The instructor writes the correction and the rest; a case that it cannot correct is left out. At equal rows, what it
gains over `per_case` shows what the target's own start and the correction bring.
"""

from collections.abc import Sequence

from stages.answers.final_answer import ANSWER, MARKER, with_ending
from stages.core.verdict import Verdict
from stages.grading.grade import grade
from stages.instructor.interface import Draft, Example, Instructor
from stages.synthesis import reuse
from stages.synthesis.material import Material, examples
from stages.synthesis.novelty import NoveltyIndex
from stages.synthesis.outcome import Finding, Synthesized
from stages.synthesis.settings import StrategyParams
from stages.synthesis.solving import fault_of

_CHECKS = ("final answer", "equations")
_ENDINGS = (f"{MARKER} {ANSWER}", rf"\boxed{{{ANSWER}}}")
OTHER_ANSWER = "does not end in the gold answer"


def synthesize(
    params: StrategyParams, material: Material, known: NoveltyIndex, instructor: Instructor, seed: int
) -> Synthesized:
    """Draw bad cases and let the instructor correct them."""
    cases = {case.id: case for case in material.bad}

    def write(drawn: Sequence[Example]) -> list[reuse.Written]:
        drafts = instructor.corrections([cases[example.id] for example in drawn])
        return [(draft, check(draft)) for draft in drafts]

    wanted, history = params.amount.candidates, material.history
    bad = examples(material.bad)
    return reuse.draw(bad, wanted, history, known, strategy=params.strategy, seed=seed, write=write)


def check(draft: Draft) -> Finding:
    """Check all equations of a correction, and its answer, however training rows end."""
    if draft.failure is not None:
        return Finding((), (draft.failure,), None, None)
    texts = [draft.solution, *(with_ending(draft.solution, draft.answer, ending) for ending in _ENDINGS)]
    is_right = all(grade(draft.answer, text).verdict is Verdict.CORRECT for text in texts)
    fault = fault_of(draft.solution) if is_right else OTHER_ANSWER
    return Finding(_CHECKS, () if fault is None else (fault,), None, None)
