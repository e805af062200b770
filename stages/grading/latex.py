"""LaTeX to SymPy with Math-Verify, parsed in two stages.

ANTLR full-context prediction (LL) takes most of the time of a short formula. Its simpler prediction (SLL) either gives
the same parse tree or reports a syntax error, so it goes first and LL only where it failed. That is about twice as fast
on formulas that were never seen.

Source: the documentation of `PredictionMode.SLL` in ANTLR 4.
"""

import logging
from functools import cache
from typing import Any


def parse_formula(text: str) -> tuple[Any, ...]:
    """Return Math-Verify's reading of a formula: its value, if it can be parsed, and its normalised text.

    Not safe in several threads at once: ANTLR's prediction cache is shared by all parsers and not guarded.
    """
    # Importing SymPy takes half a second, which plain numbers need not pay.
    from math_verify import LatexExtractionConfig, parse

    _prepare()
    return tuple(parse(f"${text}$", [LatexExtractionConfig()], fallback_mode="no_fallback", parsing_timeout=None))


@cache
def _prepare() -> None:
    """Replace Math-Verify's converter by the two-stage one, and silence its warnings."""
    from antlr4.atn.PredictionMode import PredictionMode  # with SymPy, heavy
    from latex2sympy2_extended import latex2sympy2

    class TwoStageConverter(latex2sympy2._Latex2Sympy):  # type: ignore[misc]  # untyped library
        """Neither Math-Verify nor latex2sympy2_extended 1.11 has a setting for the prediction mode."""

        def parse(self, latex_str: str) -> Any:
            self.prediction = PredictionMode.SLL
            try:
                return super().parse(latex_str)
            except Exception:  # noqa: BLE001  # the library's error listener raises no narrower class
                self.variances.clear()
                self.var.clear()
                self.prediction = PredictionMode.LL
                return super().parse(latex_str)

        def create_parser(self, latex_str: str) -> Any:
            parser = super().create_parser(latex_str)
            parser._interp.predictionMode = self.prediction
            return parser

    latex2sympy2._Latex2Sympy = TwoStageConverter
    # Math-Verify warns that its time-outs are off, which they are on purpose.
    for module in ("parser", "grader"):
        logging.getLogger(f"math_verify.{module}").setLevel(logging.ERROR)
