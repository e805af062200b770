"""All forms of questions that are understood, in the order in which they are tried."""

from stages.instructor.symbolic.formulas.forms import (
    algebraic,
    calculations,
    divisors,
    multiples,
    numerals,
    points,
    polynomials,
    ranges,
    remainders,
    values,
)
from stages.instructor.symbolic.formulas.forms.form import Form

FORMS: tuple[Form, ...] = (
    *values.FORMS,
    *algebraic.FORMS,
    *remainders.FORMS,
    *divisors.FORMS,
    *numerals.FORMS,
    *multiples.FORMS,
    *points.FORMS,
    *polynomials.FORMS,
    *calculations.FORMS,
    *ranges.FORMS,
)
