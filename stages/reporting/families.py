"""Families of errors: what went wrong, above the error types, and the same in every iteration and for every instructor.

("slips in a two-digit subtraction", wrong)        calculation
("leaves out the final division", wrong)           omission
("slips in a two-digit subtraction", truncated)    truncation
("misreads twice as many as half as many", wrong)  reading

What was cut, gives no answer, or has a faulty gold answer is told by its verdict, whatever its first mistake, which its
error type still tells. What is wrong is told by the reason of its first mistake. Every phrase and every kind that
`stages.arithmetic` has for one is known here. Any other phrase, such as a language model writes, goes by its words, to
the first family of `_WORDS` that has one of them, else to `other`. That is a first step, which knows English alone and
no grammar: "does not misread, but slips" is `reading`.

A kind says less than a phrase: `algebra` is calculation, also where an equation does not fit the problem, and what
leaves a quantity out of a sum is a wrong operand.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from stages.core.verdict import SCORED, Verdict
from stages.evaluation.intervals import of_rates

TRAIN = "train"
"""The training problems of all sets, beside `test/NAME`, `ood/NAME` and `dev/NAME`; those of a set are `train/NAME`."""


class Family(StrEnum):
    """What went wrong, in the order in which the report shows it."""

    READING = "reading"
    OPERATION = "operation"
    OPERANDS = "operands"
    CALCULATION = "calculation"
    OMISSION = "omission"
    EXTRA = "extra steps"
    FORMAT = "format"
    TRUNCATION = "truncation"
    FAULTY_GOLD = "faulty gold"
    OTHER = "other"


MEANINGS = {
    Family.READING: "the question is misread",
    Family.OPERATION: "another operation than the one that is due",
    Family.OPERANDS: "the right operation with the wrong quantities",
    Family.CALCULATION: "a result that is not what its calculation gives",
    Family.OMISSION: "a step or a quantity is left out",
    Family.EXTRA: "goes on after the answer",
    Family.FORMAT: "no answer, another one than was found, or one without working",
    Family.TRUNCATION: "cut off before an answer",
    Family.FAULTY_GOLD: "the gold answer cannot be used",
    Family.OTHER: "no reason is known, or one of none of these kinds",
}

FAILURES = SCORED - {Verdict.CORRECT} | {Verdict.UNGRADABLE}
"""The verdicts of outputs that have a family."""

_DIGITS = 6  # of shares; so many that rounding again for the page errs nowhere
_BY_VERDICT = {
    Verdict.NO_ANSWER: Family.FORMAT,
    Verdict.TRUNCATED: Family.TRUNCATION,
    Verdict.UNGRADABLE: Family.FAULTY_GOLD,
}
APART = frozenset(_BY_VERDICT.values())
"""The families that tell nothing of the reasoning."""

# Families, and below each the phrases and kinds of the arithmetic that it has, whole. Those of `other` name no reason.
_PHRASES = r"""
reading
    sets up an equation that does not fit the problem
operation
    wrong_operation
    ACTION (?:the quantities|a quantity) instead of .+
    does an? OPERATION that the problem does not call for .+
operands
    wrong_operand
    (?:takes|uses|counts|puts|brings) .+ (?:for|in|into|of) the OPERATION.*
    takes the percentage of a wrong quantity .+
    states a quantity that the problem does not give
calculation
    arithmetic_slip|algebra
    (?:slips|misplaces|loses|gets) .*an? .*OPERATION(?: badly wrong)?
    slips in (?:simplifying|transforming) .+ an unknown
    divides by zero in an equation
    states another result than the code computes
omission
    missing_step|broken_off
    leaves out (?:a|an|the final) OPERATION.*
    leaves a quantity out of the OPERATION .+
    breaks off before the (?:OPERATION|answer) is done
extra steps
    extra_step
    goes on with a needless OPERATION after the answer is found
format
    no_equation|no_answer
    works all the steps but states no answer
    states an answer without writing any equation
    writes no equation and gives no answer
    finds the answer but states another number
other
    unreadable|unclear
    calculates in a form that arithmetic alone cannot follow
    makes a mistake that the equations do not show
"""

# Families, the surest first, and below each the beginnings of words that any other phrase has there.
_WORDS = r"""
format
    no (?:final )?(?:answer|equation|calculation|solution)|without (?:any |an? )?(?:answer|equation|calculation)
    format|boxed|(?:states|reports|gives) (?:another|a different) (?:answer|result)
reading
    mis(?:read|interpret|underst)|(?:reverses|confus\w+) the (?:relation|comparison)
    (?:wrong|incorrect) (?:interpretation|reading|understanding|assumption|equation)
extra steps
    extra|additional|needless|unnecessar|redundant|superfluous|repeat|after the answer
operation
    instead of (?:\w+ )?(?:add|subtract|multipl|divi|squar|rais)
    (?:wrong|incorrect|inappropriate) (?:operat|formula|method|approach)
omission
    omit|omission|forg[eo]t|miss(?:es|ing|ed)|skip|neglect|ignor|overlook|incomplete|never|lacks
    leaves? .*\bout\b|left out|fail(?:s|ed|ing|ure) to|does not (?:account|include|consider|appl)
operands
    (?:wrong|incorrect|invented|unrelated) (?:\w+ )?(?:number|quantit|value|operand|variable|amount|order|total)
    (?:wrong|incorrect) (?:\w+ )?(?:unit|rate|base|percentage|conversion)
    instead of|in place of|twice|double.?count|mix(?:es|ing|ed)? up|swap|invents?
calculation
    slip|arithmetic|(?:mis)?calculat|(?:mis)?comput|algebra|round(?:s|ed|ing)|carr(?:y|ie)|sign|decimal
    simplif|substitut|expan(?:d|sion)|factori|solving|(?:sum|product|difference|quotient)\b.*\b(?:wrong|incorrect|false)
    OPERATION (?:error|mistake)|(?:wrong|incorrect|false|faulty)(?:ly)? OPERATION
"""
_GROUPS = {
    "OPERATION": "(?:addition|subtraction|multiplication|division|power)",
    "ACTION": "(?:adds|subtracts|multiplies|divides|raises to a power)",
}


def _read_table(table: str) -> dict[Family, re.Pattern[str]]:
    """Return the pattern of each family: one of its lines, from the beginning of a word."""
    written = re.sub("|".join(_GROUPS), lambda name: _GROUPS[name[0]], table).strip()
    rows = [[line.strip() for line in row.split("\n")] for row in re.split(r"\n(?! )", written)]
    return {Family(name): re.compile(rf"\b(?:{'|'.join(lines)})", re.IGNORECASE) for name, *lines in rows}


_BY_PHRASE, _BY_WORDS = _read_table(_PHRASES), _read_table(_WORDS)


def family_of(verdict: Verdict, reason: str | None) -> Family:
    """Return the family of a failure.

    Args:
        verdict: one of `FAILURES`.
        reason: a keyphrase, the value of a `MistakeKind`, or None.
    """
    if verdict in _BY_VERDICT:
        return _BY_VERDICT[verdict]
    whole = (family for family, pattern in _BY_PHRASE.items() if pattern.fullmatch(reason or ""))
    words = (family for family, pattern in _BY_WORDS.items() if pattern.search(reason or ""))
    return next(whole, None) or next(words, Family.OTHER)


class FamilyShare(NamedTuple):
    """The share of a family in what a model fails at on a problem set; `low` and `high` end its 95 % interval.

    Attributes:
        iteration: that learns from these failures, or whose held-out problems they are on.
        model: that failed.
        problem_set: `train`, `train/NAME` where there are several, or a held-out one.
        outputs: that are of the family.
        of: outputs that fail.
        share: of several outputs to a problem, the mean over the problems that it fails at; None without any.
    """

    iteration: str
    model: str
    problem_set: str
    family: Family
    outputs: int
    of: int
    share: float | None
    low: float
    high: float


def shares(iteration: str, model: str, problem_set: str, failures: Iterable[tuple[str, Family]]) -> list[FamilyShare]:
    """Return the share of each family, in the order of `Family`, each with Wilson's interval.

    Args:
        iteration: see `FamilyShare`, like the next two.
        model: that failed.
        problem_set: of all the problems.
        failures: the problem's id and the family of each output that fails. Problems are independent, the outputs to
            one problem are not.
    """
    by_problem: dict[str, list[Family]] = defaultdict(list)
    for problem_id, family in failures:
        by_problem[problem_id].append(family)
    of, most = sum(map(len, by_problem.values())), max(map(len, by_problem.values()), default=1)
    rows = []
    for family in Family:
        rates = [own.count(family) / len(own) for own in by_problem.values()]
        outputs = sum(own.count(family) for own in by_problem.values())
        share = round(sum(rates) / len(rates), _DIGITS) if rates else None
        low, high = (round(end, _DIGITS) for end in of_rates(rates, most))
        rows.append(FamilyShare(iteration, model, problem_set, family, outputs, of, share, low, high))
    return rows
