"""Formulas are read the same whichever prediction ANTLR starts with."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from antlr4.atn.PredictionMode import PredictionMode
from sympy import Rational, Symbol

from stages.grading.latex import converter, parse_formula

# One of each construction that the grammar knows and answers use.
FORMULAS = [
    r"\frac{3\sqrt{5}}{7}", r"x^2 + 3x + 5", r"(x + 3)(x - 5)", r"2\frac{1}{3}", r"(\sqrt{2}, 3)", r"[0, \infty)",
    r"(-\infty, 2] \cup [5, 7)", r"\{1, 2, 3\}", r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", r"y = 2x + 1",
    r"x = 1, y = 2", r"a < b \le 3", r"x \in \{1, 2\}", r"\log_2 8 + \ln e", r"\sin^2 x + \cos x", r"|x - 3|", r"5!",
    r"\binom{5}{2}", r"\sum_{i=1}^{3} i", r"\int_0^1 x dx", r"\lim_{x \to 0} x", r"1.5 \times 10^{3}", r"3\text{ cm}",
    r"f(x) = x", r"2^{3^2}", r"a_1 + a_{12}", r"\overline{AB}", r"45^\circ",
]  # fmt: skip


@pytest.fixture
def modes(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Return the prediction mode of every parse that is made from here on."""
    seen: list[object] = []

    def record(parser: Any) -> None:
        seen.append(parser._interp.predictionMode)

    _on_each_parser(monkeypatch, record)
    return seen


def _on_each_parser(monkeypatch: pytest.MonkeyPatch, act: Callable[[Any], None]) -> None:
    create = converter().create_parser

    def create_and_act(self: Any, text: str) -> Any:
        parser = create(self, text)
        act(parser)
        return parser

    monkeypatch.setattr(converter(), "create_parser", create_and_act)


def _use_full_context(parser: Any) -> None:
    parser._interp.predictionMode = PredictionMode.LL


@pytest.mark.parametrize("formula", FORMULAS)
def test_formula_is_read_as_with_full_context(formula: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = parse_formula(formula)
    assert fast is not None
    _on_each_parser(monkeypatch, _use_full_context)
    assert parse_formula(formula) == fast


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        (r"3(10)", 30), (r"(6)(8)", 48), (r"2(8) + 1", 17), (r"2 \cdot 3(4)", 24), (r"(3)4", 12),
        (r"\frac{1}{2}(3)(4)", 6), (r"\binom{5}{2}\binom{4}{2}", 60), (r"\binom{5}{2}(3)", 30),
        (r"2\frac{1}{2}", Rational(5, 2)), (r"-2\frac{1}{2}", Rational(-5, 2)), (r"2\frac{5}{2}", 5),
        (r"\frac{1}{2}\frac{1}{3}", Rational(1, 6)), (r"3\sqrt{4}", 6),
    ],
)  # fmt: skip
def test_numbers_side_by_side_are_multiplied_unless_they_are_a_mixed_number(formula: str, value: Any) -> None:
    assert parse_formula(formula).doit().equals(value)


def test_brackets_within_brackets_take_a_time_in_proportion() -> None:
    def seconds(depth: int) -> float:  # the least of three: the collection of a session's garbage may take a second
        tries = []
        for _ in range(3):
            start = time.process_time()
            assert parse_formula("(" * depth + "3(2)" + ")" * depth).doit() == 6
            tries.append(time.process_time() - start)
        return min(tries)

    seconds(3)
    assert seconds(12) < 8 * seconds(6) + 0.5


def test_values_of_a_function_are_told_apart() -> None:
    assert parse_formula("f(12) - f(2)").free_symbols == {Symbol("f(12)"), Symbol("f(2)")}


def test_simple_formula_is_parsed_once(modes: list[object]) -> None:
    assert parse_formula(r"\frac{1}{2} + 41") is not None
    assert modes == [PredictionMode.SLL]


def test_syntax_error_is_tried_again_with_full_context(modes: list[object]) -> None:
    parse_formula("(3 + ")
    assert modes[:2] == [PredictionMode.SLL, PredictionMode.LL]
