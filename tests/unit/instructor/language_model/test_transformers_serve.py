"""All jobs against a server that nobody here wrote: `transformers serve` with SmolLM2-135M out of its wheel.

A model of this size writes junk. What counts is that each job ends with records, and that failures say why.
"""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from stages.core.exceptions import SourceError
from stages.core.records import UNASSIGNED
from stages.instructor.interface import Draft, Example, NamedType, SynthesisRequest
from stages.instructor.language_model.instructor import open_instructor
from stages.instructor.language_model.worked_solutions import read_solution
from stages.llm.client import ChatClientParams
from tests.transformers_server import transformers_serve

pytestmark = pytest.mark.slow

START = 900.0  # seconds; half a minute on an idle machine
PHRASES = ["slips in a two-digit addition", "adds instead of multiplying", "leaves out the final division"]


@pytest.fixture(scope="module")
def base_url(smollm2, tmp_path_factory):
    with transformers_serve(smollm2, tmp_path_factory.mktemp("server") / "log", START) as url:
        yield url


@pytest.fixture
def instructor(base_url, smollm2, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    committed = yaml.safe_load(Path("params.yaml").read_text())["instructor"]["openai"]
    params = ChatClientParams(**committed)
    params = replace(params, model=str(smollm2), base_url=base_url, max_tokens=80)
    with open_instructor(params) as opened:
        yield opened


@pytest.fixture
def cases(make_case):
    return [
        make_case(f"c{i}", f"Ann has {i} pens and buys 1. How many?", f"{i} + 1 = {i + 1}\n#### {i + 1}")
        for i in (3, 5)
    ]


def request(name):
    shown = Example("c3", "Ann has 3 pens and buys 1. How many?", "3 + 1 = 4\n#### 4", "4", "sums")
    return SynthesisRequest("r1", "t1", name, "Adds wrongly." if name else "", (shown,), (), 2, 7)


def test_each_case_gets_a_keyphrase_or_a_reason(instructor, cases):
    try:
        found = instructor.keyphrases(cases)
    except SourceError as error:
        assert "2 of 2 replies hold no keyphrase; the first: " in str(error)  # noqa: PT017
        return
    assert [keyphrase.bad_case_id for keyphrase in found] == ["c3", "c5"]
    assert all((keyphrase.keyphrase == UNASSIGNED) == bool(keyphrase.failure) for keyphrase in found)


def test_each_group_gets_a_name(instructor):
    found = instructor.name_types([PHRASES[:2], PHRASES[2:]])
    assert len(found) == 2
    assert all(isinstance(named, NamedType) and named.name for named in found)


def test_each_keyphrase_is_placed_or_dropped(instructor):
    try:
        found = instructor.group_keyphrases(PHRASES)
    except SourceError as error:
        assert "1 of 1 replies sort no keyphrases; the first: " in str(error)  # noqa: PT017
        return
    assert sorted([*found.dropped, *(phrase for members in found.members for phrase in members)]) == sorted(PHRASES)


def test_each_request_for_problems_gets_drafts_or_a_reason(instructor):
    made = instructor.synthesize([request("Slips in additions"), request("")])
    assert len(made) == 2
    for draft in (draft for drafts in made for draft in drafts):
        assert isinstance(draft, Draft)
        assert draft.failure or (draft.question and draft.solution and draft.answer)
    assert all(made)


def test_tries_end_with_their_answer_where_they_have_one(instructor):
    found = instructor.solve(["How much is 1 + 1?", "How much is 2 + 2?"], 2, 0)
    assert [len(tries) for tries in found] == [2, 2]
    for one in (one for tries in found for one in tries):
        solution = read_solution(one.text)
        assert one.failure or one.text
        assert solution is None or (solution.text == one.text and not one.truncated)
