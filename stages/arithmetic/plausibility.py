"""Whether new numbers still tell the question's story.

The equations do not show that 5 absent girls must be among the 27 girls, or that 60 % and 40 % are all there is.
What is checked here is order against numbers that do not change, which of several results is the largest where the
question makes a choice, sums of percentages, and that different numbers stay different.
"""

import re
from collections.abc import Sequence
from fractions import Fraction

from stages.arithmetic.bounds import result_bound
from stages.arithmetic.chains import Chain
from stages.arithmetic.readings import SourceKind, agree

_CHOICE = re.compile(
    r"\b(?:choices?|choos\w+|cheap\w+|whichever|best|better|most expensive|maximum|minimum|at least|at most|enough|"
    r"(?:fast|slow|high|low|larg|small|old|young|tall|short|great|few|bigg)est)\b",
    re.IGNORECASE,
)


def is_plausible(question: str, chain: Chain, values: Sequence[Fraction]) -> bool:
    """Return whether values for the sources of a chain may stand in its question."""
    return (
        all(agree(mention.readings, values) for mention in chain.mentions)
        and _keeps_order(chain, values)
        and _keeps_ranking(question, chain, values)
        and _keeps_apart(chain, values)
        and _keeps_shares(chain, values)
        and _keeps_bound(question, chain, values)
    )


def _keeps_order(chain: Chain, values: Sequence[Fraction]) -> bool:
    """Compare what changed with numbers that only set the scene: a part must not outgrow its whole."""
    scene = {
        variable.value
        for index, variable in enumerate(chain.variables)
        if values[index] == variable.value and index not in chain.used
    }
    return all(
        (source.value < still) == (values[index] < still) and (source.value > still) == (values[index] > still)
        for index, source in enumerate(chain.sources)
        if source.kind in (SourceKind.VARIABLE, SourceKind.RESULT) and values[index] != source.value
        for still in scene
    )


def _keeps_ranking(question: str, chain: Chain, values: Sequence[Fraction]) -> bool:
    """Check that the choice of a question that asks for the best offer or the tallest child falls on the same one."""
    if not _CHOICE.search(question):
        return True
    results = [index for index, source in enumerate(chain.sources) if source.kind is SourceKind.RESULT]
    return all(
        (chain.sources[one].value < chain.sources[other].value) == (values[one] < values[other])
        for one in results
        for other in results
    )


def _keeps_apart(chain: Chain, values: Sequence[Fraction]) -> bool:
    count = len(chain.variables)
    return len(set(values[:count])) == count


def _keeps_shares(chain: Chain, values: Sequence[Fraction]) -> bool:
    """Check that percentages which left something over, or nothing, still do."""
    shares = [index for index, variable in enumerate(chain.variables) if variable.percent]
    before = sum((chain.variables[index].value for index in shares), Fraction(0))
    after = sum((values[index] for index in shares), Fraction(0))
    return after == 100 if before == 100 else before > 100 or after < 100


def _keeps_bound(question: str, chain: Chain, values: Sequence[Fraction]) -> bool:
    bound = result_bound(question)
    if bound is None:
        return True
    return all(
        values[index] <= bound or source.value > bound
        for index, source in enumerate(chain.sources)
        if source.kind in (SourceKind.VARIABLE, SourceKind.RESULT)
    )
