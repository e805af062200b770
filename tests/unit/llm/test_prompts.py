from pathlib import Path

import pytest

from stages.core.exceptions import RecordsError
from stages.llm.chat import ChatRequest, Schema
from stages.llm.prompts import Prompt, fill

FILES = sorted(Path("stages/prompts").glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_prompt_file_has_a_system_text_and_a_prompt(path):
    prompt = Prompt.read(path)
    assert prompt.system
    assert "{" not in prompt.system
    assert "{" in prompt.user


def test_request_has_the_values_in_their_places(tmp_path):
    path = tmp_path / "p.txt"
    path.write_text("You teach.\n---\nSolve {question}\nas {'a': 1}\n")
    schema = Schema("s", "{}")
    made = Prompt.read(path).request({"question": "1 + 1"}, schema, sample=2, seed=3)
    assert made == ChatRequest("You teach.", "Solve 1 + 1\nas {'a': 1}", schema, 2, 3)


def test_prompt_without_a_place_for_a_value_is_refused(tmp_path):
    path = tmp_path / "p.txt"
    path.write_text("You teach.\n---\nSolve this.\n")
    with pytest.raises(RecordsError, match=r"p\.txt: the prompt must say where {question} goes"):
        Prompt.read(path).request({"question": "1 + 1"}, None)


def test_prompt_file_without_a_rule_or_without_existence_is_refused(tmp_path):
    path = tmp_path / "p.txt"
    with pytest.raises(RecordsError, match=r"p\.txt: no such file"):
        Prompt.read(path)
    path.write_text("Solve {question}\n")
    with pytest.raises(RecordsError, match="a line `---` must part the system text"):
        Prompt.read(path)


def test_fill_leaves_braces_of_values_alone():
    assert fill("{a} and {b}: {c}", {"a": r"\frac{1}{b}", "b": "{a}"}) == r"\frac{1}{b} and {a}: {c}"
