r"""Questions for another form of an expression with names in it: expanded, factored or simplified."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass
class Rewritten:
    """An expression in another form, with the first words of the line that shows it."""

    expression: str
    rewrite: Callable[[Any], Any]
    lead: str
    frame: str = "@"
    cost: int = 1
    inner: Sequence[Value] = ()

    def __post_init__(self) -> None:
        self.tree = parse(self.expression)
        found = sorted(names(self.tree))
        if not 0 < len(found) <= 4:
            raise UnreadableError
        self.points: Sequence[Mapping[str, Value]] = [
            {name: _VALUES[(k + shift) % 6] for k, name in enumerate(found)} for shift in range(4)
        ]

    def exact(self) -> list[Any]:
        value = exact.read(self.expression)
        if not 0 < len(value.free_symbols) <= 4:
            raise UnsolvedError
        return [self.rewrite(value)]

    def numeric(self) -> list[list[Value]]:
        return [[evaluate(self.tree, point) for point in self.points]]

    def work(self, written: Sequence[str]) -> list[str]:
        return [f"{self.lead} ${self.expression} = {written[0]}$."]


def _expanded(value: Any) -> Any:
    if not value.is_polynomial(*value.free_symbols):
        raise UnsolvedError
    return value.expand()


def _factored(value: Any) -> Any:
    from sympy import factor

    found = factor(_expanded(value))
    if found == value:
        raise UnsolvedError
    return found


def _simplified(value: Any) -> Any:
    from sympy import cancel

    if value.is_polynomial(*value.free_symbols):
        return value.expand()
    if not value.is_rational_function(*value.free_symbols):
        raise UnsolvedError
    return cancel(value)


def _form(verbs: str, rewrite: Callable[[Any], Any], lead: str) -> Form:
    def build(groups: Groups, _: Match) -> Rewritten:
        return Rewritten(groups["goal"][0].removesuffix("=").strip(), rewrite, lead)

    noun = "(?: the)?(?: following)?(?: (?:expression|product|quotient|sum|difference|polynomial))?"
    return form(rf"(?:{verbs}){noun} (?P<goal>@)", build)


FORMS: tuple[Form, ...] = (
    _form("expand|multiply|compute|calculate|evaluate", _expanded, "Multiplying out and collecting like terms,"),
    _form("(?:completely |fully )?factor", _factored, "We look for factors, and check them by multiplying out:"),
    _form("simplify|find|what is|rewrite|write|express", _simplified, "Simplifying,"),
)
