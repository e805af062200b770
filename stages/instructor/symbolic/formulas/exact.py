r"""Formulas as objects of SymPy, by the project's own parser, and back into LaTeX as MATH writes it.

Nothing here is done without a bound: formulas are small, and numbers are recognised from 60 digits.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

from stages.answers.notation import plain
from stages.grading.symbolic import formula_of

_DIGITS = 60
_SAME = Fraction(1, 10**45)
_MAX_DENOMINATOR = 10**5
_MAX_OPERATIONS = 60
_CAPITAL = re.compile(r"(\\[a-zA-Z]+)|([A-Z])")
_MARK = re.compile(r"^([a-z])_\{99\}$")
_DETERMINANT = re.compile(r"\\begin\{vmatrix\}((?:(?!vmatrix).)*)\\end\{vmatrix\}", re.DOTALL)
_REPEATING = re.compile(r"(\d*)\.(\d*)\\overline\s*\{(\d+)\}")
_SPACED = re.compile(r"(?<=[\d})]) (?=[a-zA-Z\\({])(?!\\(?:cdot|times|right|left|end))|(?<=[a-zA-Z]) (?=[a-zA-Z(]\b)")


class UnsolvedError(ValueError):
    """SymPy does not settle this, within the bounds."""


@contextmanager
def unsolved_polynomials() -> Iterator[None]:
    """Turn what SymPy raises about polynomials, which is no `ValueError`, into an `UnsolvedError`."""
    from sympy.polys.polyerrors import BasePolynomialError

    try:
        yield
    except BasePolynomialError as error:
        raise UnsolvedError from error


def read(text: str) -> Any:
    """Return an expression in LaTeX as an evaluated object of SymPy; `i` and `e` are the constants.

    Raises:
        UnsolvedError: it does not parse, or is none.
    """
    from sympy import E, Expr, I, MatrixBase, Symbol

    determinant = _DETERMINANT.fullmatch(text.strip())
    if determinant:
        return read(f"\\begin{{pmatrix}}{determinant[1]}\\end{{pmatrix}}").det()
    found = formula_of(plain(_CAPITAL.sub(_marked, _prepared(text))))
    if not isinstance(found, MatrixBase) and (not isinstance(found, Expr) or found.count_ops() > _MAX_OPERATIONS):
        raise UnsolvedError
    constants = {"i": I, "e": E}
    names = {
        symbol: constants.get(symbol.name, Symbol(_MARK.sub(_unmarked, symbol.name))) for symbol in found.free_symbols
    }
    return found.xreplace(names).doit()


def _prepared(text: str) -> str:
    text = re.sub(r"\\log_(\d)", r"\\log_{\1} ", text)
    text = re.sub(r"\^\s*(\\frac\s*\{[^{}]*\}\s*\{[^{}]*\})", r"^{\1}", text)
    text = re.sub(r"(?<=\d),\\!(?=\d)|(?<=\d)\{,\}(?=\d)", "", text)
    text = _REPEATING.sub(_series, text)
    return re.sub(r"\[([^\[\]]*)\](?!\{)", r"(\1)", text) if "sqrt[" not in text else text


def _marked(match: re.Match[str]) -> str:
    """Write a capital letter as a small one with an index: the parser takes all letters for small ones."""
    return match[1] or f"{match[2].lower()}_{{99}} "


def _unmarked(match: re.Match[str]) -> str:
    return match[1].upper()


def _series(match: re.Match[str]) -> str:
    """Write a repeating decimal as the sum of a geometric series."""
    shift, period = 10 ** len(match[2]), 10 ** len(match[3])
    start = f"{match[1] or 0}.{match[2] or 0}"
    return rf"({start}+\frac{{{int(match[3])}}}{{{shift * period}}} \cdot \frac{{1}}{{1-\frac{{1}}{{{period}}}}})"


def with_functions(text: str, functions: Mapping[str, tuple[tuple[str, ...], str]]) -> str:
    """Write the bodies of functions into a formula, from the inside out: `f(2)` becomes `((2)^2 + 1)`.

    Raises:
        UnsolvedError: a function is left, or the formula grows out of bounds.
    """
    for _ in range(40):
        call = _innermost(text, functions)
        if call is None:
            return text
        start, end, name, inner = call
        params, body = functions[name]
        values = inner.split(",")
        if len(values) != len(params) or len(text) > 2000:
            raise UnsolvedError
        filled = body
        for k, param in enumerate(params):
            filled = re.sub(rf"(\\[a-zA-Z]+)|{param}(?!_)", lambda found, k=k: found[1] or f"\x00{k}\x00", filled)  # type: ignore[misc]
        for k, value in enumerate(values):
            filled = filled.replace(f"\x00{k}\x00", f"({value.strip()})")
        text = f"{text[:start]}({_shortened(filled)}){text[end:]}"
    raise UnsolvedError


def _shortened(text: str) -> str:
    """Work out a formula without names, if its value is a fraction."""
    if re.search(r"(?<![\\a-zA-Z])[a-zA-Z]", text):
        return text
    try:
        value = settled(read(text))
    except UnsolvedError:
        return text
    return written(value) if value.is_Rational else text


def _innermost(text: str, functions: Mapping[str, Any]) -> tuple[int, int, str, str] | None:
    found = None
    for name in functions:
        for match in re.finditer(rf"(?<![\\a-zA-Z]){re.escape(name)}\s*\(", text):
            depth, end = 1, match.end()
            while end < len(text) and depth:
                depth += {"(": 1, ")": -1}.get(text[end], 0)
                end += 1
            if depth:
                raise UnsolvedError
            if found is None or match.start() > found[0]:
                found = (match.start(), end, name, text[match.end() : end - 1])
    return found


def settled(value: Any) -> Any:
    """Return a number in its simplest form.

    Raises:
        UnsolvedError: it is no finite number.
    """
    from sympy import I, MatrixBase, expand, radsimp, sqrtdenest

    if isinstance(value, MatrixBase):
        return value.applyfunc(settled)
    if value.is_Rational:
        return value
    if not value.is_number or value.is_finite is False or value.count_ops() > _MAX_OPERATIONS:
        raise UnsolvedError
    number = value.evalf(_DIGITS)
    real, imaginary = number.as_real_imag()
    known = [_rational(part) for part in (real, imaginary)]
    if None not in known:
        return known[0] + known[1] * I
    return sqrtdenest(radsimp(expand(value)))


def _rational(number: Any) -> Any:
    from sympy import Rational

    if not number.is_Float and not number.is_Rational:
        return None
    exact = Fraction(str(number)) if number.is_Float else Fraction(int(number.p), int(number.q))
    near = exact.limit_denominator(_MAX_DENOMINATOR)
    return Rational(near.numerator, near.denominator) if abs(near - exact) < _SAME else None


def written(value: Any, *, decimal: bool = False) -> str:
    """Write a value in LaTeX as MATH does; if `decimal`, a fraction as `0.5` where it ends."""
    from sympy import MatrixBase, Poly, Rational, latex

    if isinstance(value, MatrixBase):
        return _of_matrix(value)
    if isinstance(value, Rational):
        return _of_rational(value, decimal)
    symbols = sorted(value.free_symbols, key=str) if hasattr(value, "free_symbols") else []
    if len(symbols) == 1 and value.is_polynomial(*symbols) and value.is_Add:
        return tidy(_of_polynomial(Poly(value, *symbols)))
    return tidy(latex(value, inv_trig_style="full"))


def _of_rational(value: Any, decimal: bool) -> str:
    if value.q == 1:
        return str(value.p)
    places = next((k for k in range(1, 8) if 10**k % value.q == 0), None)
    if decimal and places:
        return f"{float(value):.{places}f}"
    return f"{'-' if value.p < 0 else ''}\\frac{{{abs(value.p)}}}{{{value.q}}}"


def _of_matrix(matrix: Any) -> str:
    rows = [" & ".join(written(cell) for cell in matrix.row(k)) for k in range(matrix.rows)]
    return "\\begin{pmatrix} " + " \\\\ ".join(rows) + " \\end{pmatrix}"


def _of_polynomial(polynomial: Any) -> str:
    from sympy import latex

    x = polynomial.gens[0]
    terms: list[str] = [latex(coefficient * x ** power[0]) for power, coefficient in polynomial.terms()]
    return terms[0] + "".join(f" - {term[1:].strip()}" if term.startswith("-") else f" + {term}" for term in terms[1:])


def tidy(latex: str) -> str:
    """Write LaTeX of SymPy as people write it: `2x^2` for `2 x^{2}`."""
    latex = re.sub(r"(\\arc\w+)\{(\\left\(.*?) ?(\\right\))\}", r"\1\2\3", latex)
    latex = re.sub(r"\^\{(\w)\}", r"^\1", latex)
    latex = latex.replace("\\left(", "(").replace("\\right)", ")") if "\\frac" not in latex else latex
    latex = re.sub(
        r"\\left\[\\begin\{matrix\}(.*?)\\end\{matrix\}\\right\]", r"\\begin{pmatrix}\1\\end{pmatrix}", latex
    )
    latex = re.sub(r"^- (?=\S)", "-", re.sub(r"(?<=[({]) ?- (?=\S)", "-", latex))
    return _SPACED.sub("", latex)
