"""LaTeX to SymPy with latex2sympy2_extended, parsed in two stages.

ANTLR full-context prediction (LL) takes most of the time of a short formula. Its simpler prediction (SLL) either gives
the same parse tree or reports a syntax error, so it goes first and LL only where it failed. That is about twice as fast
on formulas that were never seen.

Source: the documentation of `PredictionMode.SLL` in ANTLR 4.
"""

import re
from functools import cache, reduce
from typing import Any


def _mixed(match: re.Match[str]) -> str:
    r"""Write `2\frac{1}{2}` as a sum; `2\frac{5}{2}` is a product."""
    whole, top, bottom = match.groups()
    return rf"({whole}+\frac{{{top}}}{{{bottom}}})" if 0 < int(top) < int(bottom) else match[0]


_REWRITES = tuple(
    (re.compile(pattern), written)
    for pattern, written in (
        (r"(\d+(?:\.\d+)?)\s*degrees\b", r"(\1 \\cdot \\frac{\\pi}{180})"),
        (r"\*\*", "^"),
        (r"\^\s*\{\s*(\w)\s*\}", r"^\1 "),
        (r"(?<![\\a-zA-Z])(sin|cos|tan|cot|sec|csc|log|ln|exp)(?![a-zA-Z])", r"\\\1"),
        (r"(?<![\\a-zA-Z])(pi)(?![a-zA-Z])", r"\\\1 "),
        (r"(\d),(?=\d{3}(?!\d))", r"\1"),
        (r"(?<![\w.^}])(\d+)\s*\\frac\s*\{(\d+)\}\s*\{(\d+)\}", _mixed),
    )
)


def parse_formula(text: str) -> Any:
    """Return a formula as an object of SymPy with exact numbers, or None where it cannot be parsed.

    Not safe in several threads at once: ANTLR's prediction cache is shared by all parsers and not guarded.
    """
    for pattern, written in _REWRITES:
        text = pattern.sub(written, text)
    make = converter()  # outside of the `try`: a library that is not there is no text that does not parse
    try:
        return _exact(make().parse(text))
    except Exception:  # noqa: BLE001  # the library raises no narrower class
        return None


def _exact(formula: Any) -> Any:
    """Turn floats into the fractions that they were written as, and each `f(x)` into a name."""
    from sympy import Float, Rational, Symbol
    from sympy.core.function import AppliedUndef

    formula = formula.xreplace({applied: Symbol(str(applied)) for applied in formula.atoms(AppliedUndef)})
    return formula.xreplace({number: Rational(str(number)) for number in formula.atoms(Float)})


@cache
def converter() -> Any:
    """Return the class that turns LaTeX into objects of SymPy."""
    # Importing SymPy takes half a second, which plain numbers need not pay.
    from antlr4.atn.PredictionMode import PredictionMode
    from latex2sympy2_extended import latex2sympy2
    from sympy import Derivative, Expr, MatrixBase

    class TwoStageConverter(latex2sympy2._Latex2Sympy):  # type: ignore[misc]  # untyped library
        """latex2sympy2_extended 1.11 has no settings for these."""

        def parse(self, latex_str: str) -> Any:
            self.prediction = PredictionMode.SLL
            try:
                return super().parse(latex_str)
            except Exception:  # noqa: BLE001  # the library's error listener raises no narrower class
                self.variances.clear()
                self.var.clear()
                self.prediction = PredictionMode.LL
                return super().parse(latex_str)

        def convert_postfix_list(self, arr: Any, i: int = 0) -> Any:
            """Multiply factors without a sign between them; the library adds numbers, as if they were mixed ones."""
            return reduce(self._times, reversed([self.convert_postfix(factor) for factor in arr[i:]]))

        def _times(self, right: Any, left: Any) -> Any:
            if isinstance(left, list):  # what a derivative is taken by
                return Derivative(right, *left)
            if isinstance(left, MatrixBase) or isinstance(right, MatrixBase):
                return self.mat_mul_flat(left, right)
            return self.mul_flat(left, right) if isinstance(left, Expr) else left

        def create_parser(self, latex_str: str) -> Any:
            parser = super().create_parser(latex_str)
            parser._interp.predictionMode = self.prediction
            return parser

    return TwoStageConverter
