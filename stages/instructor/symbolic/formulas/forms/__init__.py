"""The forms of questions that are understood, each with its two ways to the answer."""

from stages.instructor.symbolic.formulas.forms import algebraic, values
from stages.instructor.symbolic.formulas.forms.form import Form, read_with

FORMS: tuple[Form, ...] = (*values.FORMS, *algebraic.FORMS)

__all__ = ["FORMS", "Form", "read_with"]
