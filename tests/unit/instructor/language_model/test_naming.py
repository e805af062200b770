import json
import logging

import pytest

from stages.instructor.interface import NamedType
from stages.instructor.language_model import naming
from tests.unit.instructor.language_model.replies import failed, reply

GROUPS = [["adds twice", "adds again"], ["slips"]]


def answer(name, explanation):
    return reply(json.dumps({"name": name, "explanation": explanation}))


def test_request_shows_the_keyphrases_of_one_group_the_most_central_first():
    first, second = naming.requests(GROUPS)
    assert "- adds twice\n- adds again\n" in first.prompt
    assert "- slips\n" in second.prompt
    assert "adds" not in second.prompt


def test_request_shows_forty_keyphrases_at_most():
    [request] = naming.requests([[f"phrase {i}." for i in range(50)]])
    assert "phrase 39." in request.prompt
    assert "phrase 40." not in request.prompt


def test_types_are_named_in_the_order_of_the_groups():
    replies = [answer("Double  addition", "Adds a thing twice."), answer("Slips", "Computes wrongly.")]
    assert naming.named_types(GROUPS, replies) == [
        NamedType("Double addition", "Adds a thing twice."),
        NamedType("Slips", "Computes wrongly."),
    ]


@pytest.mark.parametrize(
    "useless", [failed("refused"), reply("no"), reply('{"name": " "}'), reply('{"name": "Sli', truncated=True)]
)
def test_useless_reply_leaves_the_central_keyphrase_as_the_name_with_a_warning(useless, caplog):
    with caplog.at_level(logging.WARNING):
        found = naming.named_types(GROUPS, [useless, answer("Slips", "Computes wrongly.")])
    assert found == [NamedType("adds twice", "The pupil adds twice."), NamedType("Slips", "Computes wrongly.")]
    assert "error type `adds twice` keeps its keyphrase as its name" in caplog.text


def test_missing_explanation_is_empty():
    assert naming.named_types([["slips"]], [reply('{"name": "Slips"}')]) == [NamedType("Slips", "")]
