"""All forms of questions that are understood, in the order in which they are tried."""

from stages.instructor.symbolic.formulas.forms import (
    algebraic,
    calculations,
    constants,
    divisors,
    matrices,
    multiples,
    numerals,
    points,
    polynomials,
    ranges,
    remainders,
    series,
    triangles,
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
    *matrices.FORMS,
    *polynomials.FORMS,
    *constants.FORMS,
    *calculations.FORMS,
    *ranges.FORMS,
    *series.FORMS,
    *triangles.FORMS,
)
