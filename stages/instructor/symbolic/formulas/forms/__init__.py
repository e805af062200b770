"""The forms of questions that are understood, each with its two ways to the answer."""

from stages.instructor.symbolic.formulas.forms import (
    algebraic,
    calculations,
    polynomials,
    ranges,
    triangles,
    values,
    vectors,
    whole_numbers,
)
from stages.instructor.symbolic.formulas.forms.form import Form, read_with

FORMS: tuple[Form, ...] = (
    *values.FORMS,
    *algebraic.FORMS,
    *whole_numbers.FORMS,
    *vectors.FORMS,
    *polynomials.FORMS,
    *calculations.FORMS,
    *ranges.FORMS,
    *triangles.FORMS,
)

__all__ = ["FORMS", "Form", "read_with"]
