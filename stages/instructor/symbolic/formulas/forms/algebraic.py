r"""Questions for another form of an expression with names in it: expanded, factored or simplified."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from stages.instructor.symbolic.formulas import exact
from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.trees import names
from stages.instructor.symbolic.formulas.values import Value, evaluate

_VALUES = tuple(Fraction(n, d) for n, d in ((7, 3), (11, 5), (13, 4), (17, 6), (5, 7), (19, 9)))
_LETTERS = frozenset(("pi", "e", "i"))


@dataclass
class Rewritten:
    """An expression in another form."""

    expression: str
    rewrite: Callable[[Any], Any]
    by: str
    frame: str = "@"
    cost: int = 1
    inner: Sequence[Value] = ()
    points: Sequence[Mapping[str, Value]] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        found = sorted(names(parse(self.expression)) - _LETTERS)
        if not 0 < len(found) <= 4:
            raise UnreadableError
        self.points = [{name: _VALUES[(k + shift) % 6] for k, name in enumerate(found)} for shift in range(4)]

    def exact(self) -> list[Any]:
        value = exact.read(self.expression)
        if len(value.free_symbols) > 4 or not value.free_symbols:
            raise UnsolvedError
        found = self.rewrite(value)
        if found == value and self.by == "factor":
            raise UnsolvedError
        return [found]

    def numeric(self) -> list[list[Value]]:
        tree = parse(self.expression)
        return [[evaluate(tree, point) for point in self.points]]

    def work(self, written: Sequence[str]) -> list[str]:
        if self.by == "factor":
            return [f"We look for factors, and check them by multiplying out: ${self.expression} = {written[0]}$."]
        lead = "Multiplying out and collecting like terms" if self.by == "expand" else "Simplifying"
        return [f"{lead}, ${self.expression} = {written[0]}$."]


def _expanded(value: Any) -> Any:
    if not value.is_polynomial(*value.free_symbols):
        raise UnsolvedError
    return value.expand()


def _factored(value: Any) -> Any:
    from sympy import factor

    polynomial = value.is_polynomial(*value.free_symbols)
    if not polynomial or value.as_poly(*value.free_symbols).total_degree() > 12:
        raise UnsolvedError
    return factor(value)


def _simplified(value: Any) -> Any:
    from sympy import cancel

    if value.is_polynomial(*value.free_symbols):
        return value.expand()
    if not value.is_rational_function(*value.free_symbols):
        raise UnsolvedError
    return cancel(value)


def _form(verbs: str, rewrite: Callable[[Any], Any], by: str) -> Form:
    def build(groups: Groups, _: Match) -> Rewritten:
        return Rewritten(groups["goal"][0].removesuffix("=").strip(), rewrite, by)

    return form(
        rf"(?:{verbs})(?: the)?(?: following)?(?: (?:expression|product|quotient|sum|difference|polynomial))?(?: "
        rf"(?:in|in terms of) @)? (?P<goal>@)(?: over the integers| as much as possible| and simplify)?",
        build,
    )


FORMS: tuple[Form, ...] = (
    _form("expand|expand and simplify|multiply|multiply out|compute|calculate|evaluate", _expanded, "expand"),
    _form("factor|factorize|completely factor|factor completely|fully factor", _factored, "factor"),
    _form(
        "simplify|fully simplify|completely simplify|find|what is|expand|rewrite|write|express|combine like terms in",
        _simplified,
        "simplify",
    ),
)
