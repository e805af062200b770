"""Solutions of equations by plain arithmetic, without SymPy.

Linear systems and polynomials in one name are solved from their values alone: exact fractions where all values are
exact. Everything else is searched for from many starting points with Newton's method.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from stages.instructor.symbolic.formulas.values import UndefinedError, Value, close

Point = dict[str, Value]
Residual = Callable[[Mapping[str, Value]], Value]

_MAX_DEGREE = 4
_STARTS = 40
_STEPS = 40
_NOTHING = 1e-9
_NEAR = 1e-5
_FARTHEST = 1e5
_PROBES = (Fraction(2), Fraction(3), Fraction(7), Fraction(-5), Fraction(11), Fraction(4, 3))
_GRID = [k / 5.03 for k in range(-160, 161)] + [sign * 32 * 1.09**k for k in range(80) for sign in (-1, 1)]


def solve(residuals: Sequence[Residual], unknowns: Sequence[str], *, smooth: bool) -> tuple[list[Point], bool]:
    """Return the solutions of equations, as zeros of residuals, and whether they were searched for.

    Of infinitely many solutions, some are chosen at random. What is not `smooth`, made of sums, products, quotients and
    whole powers alone, may look like a polynomial at some points and is none.

    Raises:
        UndefinedError: none is found.
    """
    found, searched = _linear(residuals, unknowns) if smooth else None, False
    if found is None and len(unknowns) == len(residuals) == 1:
        coefficients = _polynomial(residuals[0], unknowns[0]) if smooth else None
        searched = coefficients is None
        roots = (
            _scanned(lambda x: residuals[0]({unknowns[0]: x}))
            if coefficients is None
            else polynomial_roots(coefficients)
        )
        found = [{unknowns[0]: root} for root in roots]
    if found is None:
        found, searched = _searched(residuals, unknowns), True
    if not found:
        raise UndefinedError("no solution")
    return found, searched


def _linear(residuals: Sequence[Residual], unknowns: Sequence[str]) -> list[Point] | None:
    """Solve a linear system; None if it is none, by its values at other points."""
    try:
        rows = [_coefficients(residual, unknowns) for residual in residuals]
        probe = dict(zip(unknowns, _PROBES * len(unknowns), strict=False))
        checks = [probe, {name: 1 - value * value for name, value in probe.items()}]
        for residual, row in zip(residuals, rows, strict=True):
            for check in checks:
                value = sum((c * check[name] for c, name in zip(row, unknowns, strict=False)), -row[-1])
                if not close(residual(check), value):
                    return None
    except UndefinedError:
        return None
    return _eliminated(rows, unknowns)


def _coefficients(residual: Residual, unknowns: Sequence[str]) -> list[Value]:
    base = dict.fromkeys(unknowns, Fraction(5, 7))
    at_base = residual(base)
    slopes = [residual(base | {name: Fraction(12, 7)}) - at_base for name in unknowns]
    if not all(isinstance(value, Fraction) for value in (at_base, *slopes)):
        raise UndefinedError("not exact")
    return [*slopes, sum((Fraction(5, 7) * slope for slope in slopes), -at_base)]


def _eliminated(rows: list[list[Value]], unknowns: Sequence[str]) -> list[Point]:
    rows, pivots = [row[:] for row in rows], list[int]()
    for column in range(len(unknowns)):
        pivot = next((row for row in rows[len(pivots) :] if row[column]), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        pivot = [value / pivot[column] for value in pivot]
        rows = [[a - row[column] * b for a, b in zip(row, pivot, strict=True)] for row in rows]
        rows.insert(len(pivots), pivot)
        pivots.append(column)
    if any(row[-1] for row in rows[len(pivots) :]):
        return []
    free = [column for column in range(len(unknowns)) if column not in pivots]
    rng = random.Random(0)
    return [_completed(rows, pivots, free, unknowns, rng) for _ in range(4 if free else 1)]


def _completed(
    rows: list[list[Value]], pivots: list[int], free: list[int], unknowns: Sequence[str], rng: random.Random
) -> Point:
    chosen = {column: Fraction(rng.randint(2, 99), rng.randint(2, 9)) for column in free}
    point = {unknowns[column]: value for column, value in chosen.items()}
    for row, column in zip(rows, pivots, strict=False):
        point[unknowns[column]] = row[-1] - sum((row[other] * value for other, value in chosen.items()), Fraction(0))
    return point


def _polynomial(residual: Residual, name: str) -> list[Fraction] | None:
    """Return the coefficients, lowest first, by Newton's interpolation; None if it is no polynomial of low degree."""
    points = [Fraction(k) for k in range(-3, _MAX_DEGREE + 1)]
    try:
        values = [residual({name: point}) for point in points]
    except UndefinedError:
        return None
    if not all(isinstance(value, Fraction) for value in values):
        return None
    coefficients = interpolated(points, values)
    return coefficients if 2 <= len(coefficients) <= _MAX_DEGREE + 1 else None


def interpolated(points: Sequence[Fraction], values: Sequence[Fraction]) -> list[Fraction]:
    """Return the coefficients of the polynomial through points, lowest first."""
    divided, total = list(values), [Fraction(0)]
    base = [Fraction(1)]
    for k in range(len(points)):
        total = [
            a + divided[0] * b for a, b in zip([*total, *[Fraction(0)] * (len(base) - len(total))], base, strict=True)
        ]
        base = [a - points[k] * b for a, b in zip([Fraction(0), *base], [*base, Fraction(0)], strict=True)]
        divided = [(b - a) / (points[i + k + 1] - points[i]) for i, (a, b) in enumerate(pairwise(divided))]
    while len(total) > 1 and not total[-1]:
        total.pop()
    return total


def polynomial_roots(coefficients: Sequence[Fraction]) -> list[Value]:
    """Return the distinct roots of a polynomial, lowest coefficient first: rational ones exactly; complex ones too."""
    import numpy as np

    found: list[Value] = []
    for zero in np.roots([float(c) for c in reversed(coefficients)]):
        near = Fraction(float(zero.real)).limit_denominator(1000)
        is_root = abs(zero - near) < _NEAR and not sum(c * near**k for k, c in enumerate(coefficients))
        value = near if is_root else _trimmed(complex(zero))
        if not any(close(value, other) for other in found):
            found.append(value)
    return found


def _scanned(residual: Callable[[Value], Value]) -> list[Value]:
    found: list[Value] = []
    grid = sorted(_GRID)
    values = [_real_at(residual, x) for x in grid]
    for (low, at_low), (high, at_high) in pairwise(zip(grid, values, strict=True)):
        if at_low is None or at_high is None or max(abs(at_low), abs(at_high)) < _NOTHING:
            continue
        if at_low == 0:
            found.append(low)
        elif (at_low > 0) != (at_high > 0):
            root = _bisected(residual, low, high, at_low, at_high)
            found += [] if root is None else [root]
    return [root for k, root in enumerate(found) if not any(abs(root - other) < _NEAR for other in found[:k])]


def _bisected(
    residual: Callable[[Value], Value], low: float, high: float, at_low: float, at_high: float
) -> float | None:
    for _ in range(70):
        middle = (low + high) / 2
        value = _real_at(residual, middle)
        if value is None:
            return None
        if (value > 0) == (at_low > 0):
            low = middle
        else:
            high = middle
    value = _real_at(residual, low)
    return low if value is not None and abs(value) < 1e-6 * max(abs(at_low), abs(at_high)) else None


def _real_at(residual: Callable[[Value], Value], x: float) -> float | None:
    try:
        value = residual(x)
    except (UndefinedError, OverflowError):
        return None
    return float(value) if isinstance(value, Fraction | float | int) and math.isfinite(value) else None


def _searched(residuals: Sequence[Residual], unknowns: Sequence[str]) -> list[Point]:
    import numpy as np  # what is linear or has one unknown does without

    rng, found = random.Random(0), list[Point]()
    for start in range(_STARTS):
        scale = (2, 6, 15)[start % 3]
        x = np.array([complex(rng.gauss(0, scale), rng.gauss(0, scale) if start % 3 == 0 else 0) for _ in unknowns])
        point = _newton(residuals, unknowns, x)
        if point is not None and not any(all(close(point[n], other[n]) for n in unknowns) for other in found):
            found.append(point)
        if len(found) > 12:
            break
    return found


def _newton(residuals: Sequence[Residual], unknowns: Sequence[str], x: Any) -> Point | None:
    import numpy as np

    def at(z: Any) -> Any:
        point = dict(zip(unknowns, map(complex, z), strict=True))
        return np.array([complex(residual(point)) for residual in residuals])

    step = 1e-7
    try:
        for _ in range(_STEPS):
            values = at(x)
            slopes = np.array([(at(x + step * unit) - values) / step for unit in np.eye(len(unknowns))]).T
            change = np.linalg.lstsq(slopes, -values, rcond=None)[0]
            x = x + change
            if np.abs(change).max() < 1e-13 * max(1.0, np.abs(x).max()):
                break
        if np.abs(at(x)).max() > 1e-9 or np.abs(x).max() > _FARTHEST:
            return None
    except (UndefinedError, OverflowError, np.linalg.LinAlgError, ValueError):
        return None
    return {name: _trimmed(complex(value)) for name, value in zip(unknowns, x, strict=True)}


def _trimmed(value: complex) -> Value:
    return value.real if abs(value.imag) < 1e-9 * max(1.0, abs(value)) else value
