"""The values that a right solution may pass through, whatever its order.

The gold solution ``16 + 10 = 26``, ``26 - 13 = 13`` may also be worked as ``16 - 13 = 3``, ``3 + 10 = 13``. All partial
sums and products of the gold chain are known here, so that another order is not taken for a mistake.

Not covered: methods that do not follow from the gold chain by reordering, grouping or distributing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from stages.arithmetic.equations import Equation
from stages.arithmetic.expressions import Expression, Negation, Number, Operation, evaluate, face_value
from stages.arithmetic.quantities import Variable

_MAX_TERMS = 7
_MAX_DEPTH = 12
_UNITS = tuple(Fraction(unit) for unit in (1, 100, 60, 12, 7, 24, 1000))


@dataclass(frozen=True)
class ReachableValues:
    """The gold equations and the values around them.

    ``results`` are stated by the gold solution, ``given`` by the question; ``sums`` and ``products`` are reachable from
    the gold chain by addition and subtraction, or by multiplication and division. ``direct`` are those of them that lie
    within one gold equation. ``hundreds`` says that the question counts in percent or cents, so that 45 may be 0.45.
    """

    equations: tuple[Equation, ...]
    given: frozenset[Fraction]
    results: frozenset[Fraction]
    sums: frozenset[Fraction]
    products: frozenset[Fraction]
    direct: frozenset[Fraction]
    answer: Fraction | None
    hundreds: bool

    def allows(self, equation: Equation) -> bool:
        """Return whether the value of an equation lies on a right path, in dollars or in cents, or its remainder."""
        value = equation.value
        if equation.remainder is not None and equation.remainder.value in self.results:
            return True
        if value is None or not isinstance(equation.left, Operation):
            return False
        share = any(0 < operand < 2 and operand.denominator > 1 for operand in equation.operand_values)
        reachable = self.products if equation.left.symbol in "*/^" else self.sums
        if equation.left.symbol == "*" and share:
            reachable |= self.sums  # 80 * 1.2 for 80 + 16
        return any(same in self.results or same in reachable for same in self._same(value))

    def _same(self, value: Fraction) -> tuple[Fraction, ...]:
        return (value, value / 100, value * 100) if self.hundreds else (value,)

    def is_direct(self, equation: Equation) -> bool:
        """Return whether the value of an equation is part of a single gold equation."""
        value = equation.value
        return value is not None and any(same in self.direct for same in self._same(value))

    def knows(self, value: Fraction) -> bool:
        """Return whether the value occurs in the question or on a right path, in whatever unit."""
        return any(self.contains(same) for unit in _UNITS for same in (value * unit, value / unit))

    def contains(self, value: Fraction) -> bool:
        """Return the same, in the unit of the value alone."""
        return any(value in known for known in (self.given, self.results, self.sums, self.products))


def reachable_values(
    gold: Sequence[Equation], variables: Sequence[Variable], answer: Fraction | None, hundreds: bool = True
) -> ReachableValues:
    """Collect the values of all orders in which the gold chain may be worked."""
    given = {view for variable in variables for view in (variable.value, *_shares_of_one(variable))}
    results = {answer} if answer is not None else set()
    sums, products = ({view for variable in variables for view in _shares_of_one(variable)} for _ in range(2))
    direct: set[Fraction] = set()
    trees: dict[Fraction, Expression] = {}
    for equation in gold:
        tree = _inlined(equation.left, trees, depth=0)
        for side in (tree, equation.left, equation.right) if equation.holds else ():
            sums |= _partial(side, "+-")
            products |= _partial(side, "*/")
        for side in (equation.left, equation.right) if equation.holds else ():
            direct |= _partial(side, "+-") | _partial(side, "*/")
        results |= equation.outcomes
        trees |= dict.fromkeys((value for value in (equation.value, equation.stated) if value is not None), tree)
    return ReachableValues(
        tuple(gold),
        frozenset(given),
        frozenset(results),
        frozenset(sums),
        frozenset(products),
        frozenset(direct | results),
        answer,
        hundreds,
    )


def _shares_of_one(variable: Variable) -> set[Fraction]:
    """Return what a percentage or a fraction leaves, makes or is as a decimal."""
    value = variable.value
    if variable.percent:
        return {value / 100, 1 - value / 100, 100 - value, 1 + value / 100, 100 + value}
    return {value, 1 - value, 1 + value} if 0 < value < 1 else set()


def _inlined(expression: Expression, trees: dict[Fraction, Expression], depth: int) -> Expression:
    """Put the trees of earlier results in the places where they are used."""
    if isinstance(expression, Number):
        tree = trees.get(face_value(expression))
        return expression if tree is None or depth > _MAX_DEPTH else tree
    if isinstance(expression, Negation):
        return Negation(_inlined(expression.operand, trees, depth))
    left, right = (_inlined(side, trees, depth + 1) for side in (expression.left, expression.right))
    return Operation(expression.symbol, left, right)


def _partial(tree: Expression, symbols: str) -> set[Fraction]:
    """Collect the values of parts of the tree under one kind of operation."""
    if isinstance(tree, Negation):
        return _partial(tree.operand, symbols)
    if not isinstance(tree, Operation):
        return set()
    values = _partial(tree.left, symbols) | _partial(tree.right, symbols)
    if tree.symbol in symbols:
        values |= _partial_sums(_terms(tree, Fraction(1))) if symbols == "+-" else _partial_products(tree)
    return values


def _terms(tree: Expression, sign: Fraction) -> list[Fraction]:
    if isinstance(tree, Operation) and tree.symbol in "+-":
        other = -sign if tree.symbol == "-" else sign
        return _terms(tree.left, sign) + _terms(tree.right, other)
    value = evaluate(tree)
    return [] if value is None else [sign * value]


def _partial_sums(terms: list[Fraction]) -> set[Fraction]:
    if len(terms) > _MAX_TERMS:
        return set()
    return {abs(sum(group, Fraction(0))) for size in range(2, len(terms) + 1) for group in combinations(terms, size)}


def _factors(tree: Expression, upside: bool = True) -> list[Expression]:
    if isinstance(tree, Operation) and tree.symbol in "*/":
        return _factors(tree.left, upside) + _factors(tree.right, upside if tree.symbol == "*" else not upside)
    if upside:
        return [tree]
    value = evaluate(tree)
    return [Number("", 1 / value, 0, 0)] if value else []


def _partial_products(tree: Expression) -> set[Fraction]:
    factors = _factors(tree)
    if len(factors) > _MAX_TERMS:
        return set()
    options = []
    for factor in factors:
        value = evaluate(factor)
        if value is None:
            return set()
        options.append((value, _shares(factor) - {value}))
    groups = (group for size in range(2, len(options) + 1) for group in combinations(options, size))
    return {product for group in groups for product in _spread(group)}


def _shares(factor: Expression) -> set[Fraction]:
    """Return the terms and partial sums of a factor: ``3 * (4 + 5)`` may be worked as ``3 * 4`` and ``3 * 5``."""
    if not isinstance(factor, Operation):
        return set()
    terms = _terms(factor, Fraction(1))
    return _partial_sums(terms) | {abs(term) for term in terms}


def _spread(group: Sequence[tuple[Fraction, set[Fraction]]]) -> set[Fraction]:
    """Multiply the factors of a group, also with one sum replaced by a part of it."""
    product = Fraction(1)
    for value, _ in group:
        product *= value
    return {product} | {product / value * part for value, shares in group if value for part in shares}
