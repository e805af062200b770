"""The choice of the instructor by its name."""

import dataclasses
import typing

import pytest

from stages.core import params
from stages.core.exceptions import ParamsError
from stages.instructor.choice import INSTRUCTORS, InstructorParams, opened
from stages.instructor.language_model.instructor import LanguageModelInstructor
from stages.instructor.symbolic.instructor import SymbolicInstructor
from stages.llm.client import ChatClientParams
from tests.unit.llm.conftest import make_params

SECTIONS = {
    "symbolic": {},
    "openai": dataclasses.asdict(make_params("http://127.0.0.1:1/v1")),
    "local": {"source": "local", "temperature": 0.5, "max_tokens": 20, "structured": "text"},
}


def section(provider, **sections):
    return params.parse(InstructorParams, {"provider": provider, **sections}, "instructor")


@pytest.mark.parametrize(
    ("provider", "kind", "solves"),
    [
        pytest.param("symbolic", SymbolicInstructor, False, id="symbolic"),
        pytest.param("openai", LanguageModelInstructor, True, id="openai"),
        pytest.param("local", LanguageModelInstructor, True, id="local"),
    ],
)
def test_provider_is_the_instructor_of_its_name(provider, kind, solves, tiny_base):
    values = SECTIONS[provider] | ({"local": {"path": str(tiny_base)}} if provider == "local" else {})
    with opened(section(provider, **{provider: values})) as made:
        assert type(made) is kind
        assert made.solves is solves


def test_each_provider_has_a_line_in_the_table_and_a_section():
    names = typing.get_args(typing.get_type_hints(InstructorParams)["provider"])
    assert set(names) == set(INSTRUCTORS) == set(SECTIONS)
    assert {"provider", *names} == {field.name for field in dataclasses.fields(InstructorParams)}


def test_sections_of_others_are_not_needed_and_are_of_no_use():
    assert section("openai", openai=SECTIONS["openai"]).openai == ChatClientParams(**SECTIONS["openai"])
    with pytest.raises(ParamsError, match=r"`instructor`: the section openai of the chosen provider is missing"):
        section("openai", symbolic={})
