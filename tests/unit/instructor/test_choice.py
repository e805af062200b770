"""The choice of the instructors of a job by their names."""

import dataclasses
import json
import logging
import typing
from dataclasses import replace

import pytest

from stages.core.metrics import Usage
from stages.core.runtime import ESTIMATE_ONLY
from stages.instructor import choice
from stages.instructor.choice import INSTRUCTORS, InstructorParams, opened
from stages.instructor.language_model.instructor import LanguageModelInstructor
from stages.instructor.routing import RoutedInstructor
from stages.instructor.symbolic.instructor import SymbolicInstructor
from tests.chat_server import ChatServer, completion
from tests.unit.conftest import instructor_params
from tests.unit.llm.conftest import make_params

LOCAL = {"source": "local", "temperature": 0.5, "max_tokens": 20, "structured": "text"}


@pytest.mark.parametrize(
    ("provider", "kind", "solves"),
    [
        pytest.param("symbolic", SymbolicInstructor, False, id="symbolic"),
        pytest.param("openai", LanguageModelInstructor, True, id="openai"),
        pytest.param("local", LanguageModelInstructor, True, id="local"),
    ],
)
def test_provider_is_the_instructor_of_its_name(provider, kind, solves, tiny_base):
    params = instructor_params(provider, local=LOCAL | {"local": {"path": str(tiny_base)}})
    with opened(params, "problems") as made:
        assert type(made) is kind
        assert made.solves is solves


def test_each_provider_has_a_line_in_the_table_and_but_for_the_symbolic_one_a_section():
    names = set(typing.get_args(choice.ProviderName))
    assert names == set(INSTRUCTORS)
    sections = {"provider", "providers", *names} - {"symbolic"}
    assert sections == {field.name for field in dataclasses.fields(InstructorParams)}


CHOICES = {
    "not named": ({}, {"default": "openai"}),
    "another job is named": ({"solutions": "local"}, {"default": "openai"}),
    "named": ({"problems": "symbolic"}, {"default": "symbolic"}),
    "by set": ({"problems": {"gsm8k": "symbolic"}}, {"gsm8k": "symbolic", "default": "openai"}),
    "by set and default": ({"problems": {"default": "local", "a": "openai"}}, {"default": "local", "a": "openai"}),
}


@pytest.mark.parametrize(("providers", "chosen"), CHOICES.values(), ids=CHOICES)
def test_job_and_sets_that_are_not_named_have_the_provider(providers, chosen):
    assert instructor_params("openai", providers=providers).by_set("problems") == chosen


def test_one_provider_that_serves_a_whole_job_is_opened_alone():
    params = instructor_params("openai", providers={"keyphrases": {"default": "symbolic", "math": "symbolic"}})
    with opened(params, "keyphrases") as made:
        assert type(made) is SymbolicInstructor


def served(url, provider="symbolic", **sections):
    """Return params in which a server gives the keyphrases of `math`, and another provider all others."""
    openai = dataclasses.asdict(make_params(url, structured="text"))
    return instructor_params(provider, providers={"keyphrases": {"math": "openai"}}, openai=openai, **sections)


def test_each_set_gets_what_its_own_provider_says(make_case, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    cases = [replace(make_case(f"c{number}"), set=of) for number, of in enumerate(["math", "sums", "math"])]
    cases[2] = replace(cases[2], question="How much is 2 + 2?")
    answer = completion(json.dumps({"first_mistake": "It adds.", "step": 1, "keyphrase": "slips"}), tokens=(100, 10))
    with ChatServer(lambda _: answer) as server, opened(served(server.url), "keyphrases") as made:
        assert type(made) is RoutedInstructor
        found = made.keyphrases(cases)
        usage = made.usage()
    assert [one.bad_case_id for one in found] == ["c0", "c1", "c2"]
    assert [one.keyphrase == "slips" for one in found] == [True, False, True]
    assert usage == Usage(2, 200, 20, None)


def test_estimate_is_that_of_all_servers(make_case, monkeypatch, caplog, tiny_base):
    monkeypatch.setenv(ESTIMATE_ONLY, "1")
    caplog.set_level(logging.INFO)
    local = LOCAL | {"local": {"path": str(tiny_base)}}
    params = served("http://127.0.0.1:9/v1", "local", local=local)
    cases = [replace(make_case(f"c{number}"), set=of) for number, of in enumerate(["math", "sums"])]
    with pytest.raises(SystemExit) as end, opened(params, "keyphrases") as made:
        made.keyphrases(cases)
    assert end.value.code == 0
    lines = [line for line in caplog.messages if ": about 1 requests, 0 cached" in line]
    assert [line.split()[1].split("-")[0].rstrip(":") for line in lines] == ["teacher", "local"]
