import json

import pytest

from stages.core.exceptions import SourceError
from stages.instructor.interface import Grouping, NamedType
from stages.instructor.language_model import grouping
from tests.unit.instructor.language_model.replies import failed, reply

PHRASES = ["adds instead of multiplying", "slips in a sum", "drops the last step"]


class Teacher:
    """Answers each request with the next reply and remembers the prompts."""

    def __init__(self, *replies):
        self.replies = list(replies)
        self.prompts = []

    def __call__(self, requests):
        self.prompts += [request.prompt for request in requests]
        return [self.replies.pop(0) for _ in requests]


def kind(name, *members, explanation="Why."):
    found = [{"number": number, "keyphrase": text} for number, text in members]
    return {"name": name, "explanation": explanation, "keyphrases": found}


def seeds(*kinds):
    return reply(json.dumps({"types": kinds}))


def assigned(*rows, new=()):
    assignments = [{"number": number, "keyphrase": text, "type": name} for number, text, name in rows]
    new_types = [{"name": name, "explanation": "New."} for name in new]
    return reply(json.dumps({"new_types": new_types, "assignments": assignments}))


def many(count):
    """More keyphrases than one request shows, each unlike the others in letters."""
    return [f"mistake {chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(count)]


def group(keyphrases, *replies):
    return grouping.group(keyphrases, Teacher(*replies))


def test_types_of_one_part_come_from_one_request_with_numbered_keyphrases():
    teacher = Teacher(seeds(kind("Slips", (2, PHRASES[1])), kind("Plan", (1, PHRASES[0]), (3, PHRASES[2]))))
    types, members = [NamedType("Slips", "Why."), NamedType("Plan", "Why.")], [[PHRASES[1]], [PHRASES[0], PHRASES[2]]]
    assert grouping.group(PHRASES, teacher) == Grouping(types, members, dropped=[], repeated=[], invented=[])
    [prompt] = teacher.prompts
    assert "1. adds instead of multiplying\n2. slips in a sum\n3. drops the last step\n" in prompt


def test_dropped_repeated_and_invented_keyphrases_are_told():
    found = group(
        PHRASES,
        seeds(
            kind("Slips", (2, PHRASES[1]), (2, PHRASES[1]), (9, "counts on fingers")),
            kind("Plan", (2, PHRASES[1]), (1, PHRASES[0])),
            kind("Empty", (None, "counts on fingers"), (None, None), (8, "")),
        ),
    )
    assert [named.name for named in found.types] == ["Slips", "Plan"]
    assert found.members == [[PHRASES[1]], [PHRASES[0]]]
    assert found.dropped == [PHRASES[2]]
    assert found.repeated == [PHRASES[1]]
    assert found.invented == ["counts on fingers", "None", "8"]


MEANT = {
    "as it stands": (1, "adds instead of multiplying"),
    "case, spaces, quotes and stop": (1, ' "Adds  instead of MULTIPLYING." '),
    "number before the text": (None, "1. adds instead of multiplying"),
    "wrong number": (2, "adds instead of multiplying"),
    "number out of range": (77, "adds instead of multiplying"),
    "number alone": (1, None),
    "number with the text in other words": (1, "adds where it should multiply"),
}


@pytest.mark.parametrize(("number", "text"), MEANT.values(), ids=MEANT.keys())
def test_keyphrase_is_found_by_its_text_or_else_by_its_number(number, text):
    found = group(PHRASES, seeds(kind("Plan", (number, text))))
    assert (found.members, found.invented) == ([[PHRASES[0]]], [])


def test_keyphrases_that_differ_in_signs_alone_are_told_apart_by_number():
    found = group(["adds 1/2", "adds 1-2"], seeds(kind("A", (2, "adds 1-2")), kind("B", (1, "adds 1/2"))))
    assert found.members == [["adds 1-2"], ["adds 1/2"]]


def test_later_parts_are_shown_the_known_types_and_join_them_or_form_new_ones():
    keyphrases = many(62)
    first = seeds(kind("First", *((i + 1, keyphrases[i]) for i in range(60))))
    second = assigned((61, keyphrases[60], "new one"), (62, keyphrases[61], " FIRST. "), new=["New one"])
    teacher = Teacher(first, second)
    found = grouping.group(keyphrases, teacher)
    assert found.types == [NamedType("First", "Why."), NamedType("New one", "New.")]
    assert found.members == [[*keyphrases[:60], keyphrases[61]], [keyphrases[60]]]
    assert "- First: Why.\n" in teacher.prompts[1]
    assert f"61. {keyphrases[60]}\n62. {keyphrases[61]}\n" in teacher.prompts[1]
    assert keyphrases[59] not in teacher.prompts[1]


def test_number_of_a_keyphrase_that_was_not_shown_does_not_count():
    keyphrases = many(61)
    first = seeds(kind("First", *((i + 1, keyphrases[i]) for i in range(60))))
    found = group(keyphrases, first, assigned((3, "something else", "First"), (61, keyphrases[60], "Second")))
    assert found.invented == ["something else"]
    assert (found.types[1], found.members[1]) == (NamedType("Second", ""), [keyphrases[60]])


def test_useless_reply_drops_its_part_and_the_next_one_starts_the_types():
    keyphrases = many(61)
    found = group(keyphrases, failed("refused"), seeds(kind("Late", (61, keyphrases[60]))))
    assert found.members == [[keyphrases[60]]]
    assert found.dropped == keyphrases[:60]


@pytest.mark.parametrize(
    ("useless", "reason"),
    [(failed("refused"), "refused"), (reply("no"), "no types in the reply"), (reply('{"types": []}'), "no types")],
)
def test_only_useless_replies_stop_the_run(useless, reason):
    with pytest.raises(SourceError, match=f"1 of 1 replies sort no keyphrases; the first: {reason}"):
        group(PHRASES, useless)


def test_cut_reply_keeps_its_whole_types():
    text = json.dumps({"types": [kind("Slips", (2, PHRASES[1])), kind("Plan", (1, PHRASES[0]))]})
    found = group(PHRASES, reply(text[:-20], truncated=True))
    assert (found.members, found.dropped) == ([[PHRASES[1]]], [PHRASES[0], PHRASES[2]])


def test_no_keyphrases_need_no_reply():
    assert group([]) == Grouping([], [], [], [], [])
