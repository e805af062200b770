"""Where prompts are split."""

import pytest

from stages.model.stopping import OPENING_TOKENS
from stages.selection.prompts import fingerprint, one_shot, split
from tests.tiny import make_tokenizer
from tests.unit.conftest import chat_format


class Bytes:
    """Encodes with the byte-level tokenizer."""

    def encode(self, texts):
        return [make_tokenizer()(text)["input_ids"] for text in texts]


def test_prefix_and_suffixes_put_together_are_the_whole_prompts(chat, make_candidate, make_case):
    candidate = make_candidate("x", "X?", "x")
    cases = [make_case("b1", "Tom has 3."), make_case("b2", "Tim has 4."), make_case("g1", "T")]
    found = split(candidate, cases, chat, Bytes())
    whole = Bytes().encode([one_shot(candidate, case, chat) for case in cases])
    assert [found.prefix + found.suffixes[case.id] for case in cases] == whole
    # The example, the next turn's opening and the T that all questions share.
    shared = chat.prompt("T", [("X?", "x")]).rpartition("T")[0] + "T"
    assert found.prefix == Bytes().encode([shared])[0]


def test_suffix_of_a_prompt_shows_whether_it_opens_a_thought(chat, make_candidate, make_case):
    found = split(make_candidate("x"), [make_case("b1")], chat, Bytes())
    assert [len(suffix) for suffix in found.suffixes.values()] == [OPENING_TOKENS]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("candidate", id="a-candidate"),
        pytest.param("case", id="a-question"),
        pytest.param("solution", id="a-gold-solution"),
        pytest.param("chat", id="chat"),
    ],
)
def test_fingerprint_depends_on_everything_that_is_read(chat, template, make_candidate, make_case, change):
    def of(candidate="c?", question="q?", solution="#### 2", form=chat):
        return fingerprint(
            [make_candidate("x"), make_candidate("y", candidate)], [make_case("b", question, solution)], form
        )

    other = {
        "candidate": lambda: of(candidate="d?"),
        "case": lambda: of(question="r?"),
        "solution": lambda: of(solution="#### 3"),
        "chat": lambda: of(form=chat_format(template, "Solve: {question}")),
    }
    assert of() == of() != other[change]()
