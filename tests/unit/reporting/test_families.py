"""Families of errors: of every phrase that the arithmetic has, of free ones, and their shares."""

import ast
import inspect
import itertools
import re

import pytest

from stages.arithmetic import phrases
from stages.arithmetic.equations import read_equations
from stages.arithmetic.mistakes import MistakeKind
from stages.core.records import UNASSIGNED
from stages.core.verdict import Verdict
from stages.reporting import families
from stages.reporting.families import FAILURES, MEANINGS, Family, family_of, shares
from tests.unit.arithmetic.test_explanations import EVERY

# Each size of numbers, in each operation; the result is off by 1, 10, a factor of 10, the sign, and a lot.
OPERANDS = ["3 {} 2", "12 {} 5", "120 {} 8", "1200 {} 7", "2.5 {} 2", "20% {} 40", "9 {} 3 {} 2 {} 1"]
SLIPS = [
    phrases.slip(equation)
    for operands, symbol in itertools.product(OPERANDS, "+-*/^")
    for text in [operands.replace("{}", symbol)]
    for value in [one.value for one in read_equations(f"{text} = 1") if one.value is not None]
    for off in (value + 1, value + 10, value * 10, -value, value * 3)
    for equation in read_equations(f"{text} = {off}")
    if not equation.holds
]
ALL = sorted({*EVERY, *SLIPS})
WITHOUT_A_REASON = {
    phrases.UNREADABLE: "its calculation cannot be read",
    phrases.UNCLEAR: "its calculation is right",
    "unreadable": "the kind of the first",
    "unclear": "the kind of the second",
}


def templates():
    """Return a pattern of each text that `phrases` returns or names, its parts in braces left open."""
    tree = ast.parse(inspect.getsource(phrases))
    functions = [
        one
        for one in tree.body
        if isinstance(one, ast.FunctionDef) and one.name not in {"where", "_size", "with_article"}
    ]
    values = [node.value for one in functions for node in ast.walk(one) if isinstance(node, ast.Return)]
    values += [node.value for node in tree.body if isinstance(node, ast.Assign)]
    values += [side for one in values if isinstance(one, ast.IfExp) for side in (one.body, one.orelse)]
    for value in values:
        if isinstance(value, ast.JoinedStr):
            yield "".join(re.escape(part.value) if isinstance(part, ast.Constant) else ".+" for part in value.values)
        elif isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield re.escape(value.value)


def test_every_template_of_the_arithmetic_is_among_the_phrases():
    found = list(templates())
    assert len(found) >= 37
    assert [pattern for pattern in found if not any(re.fullmatch(pattern, phrase) for phrase in ALL)] == []


@pytest.mark.parametrize("reason", [*ALL, *MistakeKind])
def test_every_phrase_and_kind_is_of_one_family_and_of_other_only_where_it_names_no_reason(reason):
    known = [family for family, pattern in families._BY_PHRASE.items() if pattern.fullmatch(reason)]
    assert known == [family_of(Verdict.WRONG, reason)]
    assert (known == [Family.OTHER]) == (reason in WITHOUT_A_REASON)


@pytest.mark.parametrize(
    ("phrase", "family"),
    [
        ("slips in a two-digit subtraction", "calculation"),
        ("gets a percentage multiplication badly wrong", "calculation"),
        ("slips in transforming an equation with an unknown", "calculation"),
        ("multiplies the quantities instead of raising to a power in the first step", "operation"),
        ("does a power that the problem does not call for in the last step", "operation"),
        ("takes one quantity twice and leaves another out in the addition", "operands"),
        ("takes a quantity once instead of several times in the multiplication", "operands"),
        ("states a quantity that the problem does not give", "operands"),
        ("leaves a quantity out of the addition in the last step", "omission"),
        ("leaves out the final division", "omission"),
        ("goes on with a needless addition after the answer is found", "extra steps"),
        ("sets up an equation that does not fit the problem", "reading"),
        ("finds the answer but states another number", "format"),
        ("states an answer without writing any equation", "format"),
        ("makes a mistake that the equations do not show", "other"),
    ],
)
def test_phrase_of_the_arithmetic_has_the_family_of_its_meaning(phrase, family):
    assert family_of(Verdict.WRONG, phrase) == family


@pytest.mark.parametrize(
    ("phrase", "family"),
    [
        ("Misreads twice as many as half as many", "reading"),
        ("reverses the comparison of two amounts", "reading"),
        ("adds instead of multiplying", "operation"),
        ("uses the wrong formula for area", "operation"),
        ("uses gross instead of net amount", "operands"),
        ("wrong unit conversion", "operands"),
        ("multiplication error", "calculation"),
        ("Miscalculates a percentage", "calculation"),
        ("forgets to subtract the discount", "omission"),
        ("fails to carry out the last step", "omission"),
        ("repeats a step needlessly", "extra steps"),
        ("gives no final answer", "format"),
        ("multiplication", "other"),
        ("makes similar mistakes", "other"),
        (UNASSIGNED, "other"),
        ("", "other"),
        (None, "other"),
    ],
)
def test_free_phrase_goes_by_its_words(phrase, family):
    assert family_of(Verdict.WRONG, phrase) == family


@pytest.mark.parametrize(
    ("verdict", "family"), [("no_answer", "format"), ("truncated", "truncation"), ("ungradable", "faulty gold")]
)
def test_verdict_stands_above_the_words(verdict, family):
    assert family_of(Verdict(verdict), "slips in a two-digit subtraction") == family


def test_verdicts_of_failures_leave_out_right_answers_and_failed_requests():
    assert set(Verdict) - {Verdict.CORRECT, Verdict.FAILED} == FAILURES


def test_every_family_is_explained():
    assert list(MEANINGS) == list(Family)


def test_shares_of_single_outputs_have_wilsons_interval():
    failures = [(f"p{i}", Family.CALCULATION if i < 2 else Family.FORMAT) for i in range(8)]
    rows = {row.family: row for row in shares("iter1", "base", "train", failures)}
    assert list(rows) == list(Family)
    # Of 2 in 8: centre (2 + z²/2) / (8 + z²), half width z / (8 + z²) * sqrt(2 * 6 / 8 + z² / 4).
    assert rows["calculation"][:7] == ("iter1", "base", "train", "calculation", 2, 8, 0.25)
    assert rows["calculation"][7:] == pytest.approx((0.0715, 0.5907), abs=1e-4)
    assert rows["format"][4:7] == (6, 8, 0.75)
    # Of 0 in 8 the interval ends at z² / (8 + z²) .
    assert rows["reading"][4:] == (0, 8, 0.0, 0.0, pytest.approx(0.3244, abs=1e-4))


def test_shares_of_several_outputs_count_each_problem_once():
    """p1 fails four times and p2 once: 1/4 and 1 have the mean 5/8, where outputs would give 2/5."""
    failures = [("p1", Family.CALCULATION), *[("p1", Family.FORMAT)] * 3, ("p2", Family.CALCULATION)]
    rows = {row.family: row for row in shares("iter1", "iter1", "test/sums", failures)}
    assert rows["calculation"][4:7] == (2, 5, 0.625)


def test_shares_of_nothing_are_not_known():
    assert {row[4:] for row in shares("iter1", "base", "train", [])} == {(0, 0, None, 0.0, 1.0)}
