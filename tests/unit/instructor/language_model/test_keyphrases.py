import json
from dataclasses import replace

import pytest

from stages.core.exceptions import SourceError
from stages.core.records import UNASSIGNED
from stages.instructor.language_model import keyphrases
from tests.unit.instructor.language_model.replies import failed, reply

GOOD = reply('{"first_mistake": "1 + 1 is 2.", "quote": "1 + 1 = 3", "keyphrase": "slips in an addition"}')


def test_request_shows_problem_solution_and_attempt_and_asks_for_the_first_mistake(make_case):
    [request] = keyphrases.requests([make_case("c")])
    assert "How much is 1 + 1?" in request.prompt
    assert "1 + 1 = 2\n#### 2" in request.prompt
    assert "1 + 1 = 3\n#### 3" in request.prompt
    assert "first mistake" in request.prompt
    assert (request.sample, request.seed) == (0, 0)
    assert set(json.loads(request.schema.body)["properties"]) == {"first_mistake", "quote", "keyphrase"}


@pytest.mark.parametrize(
    ("group", "level", "shown"),
    [("Algebra", 3, "Problem (Algebra, level 3):\n"), ("", 2, "Problem (level 2):\n"), ("sums", None, "Problem:\n")],
)
def test_subject_and_level_are_shown_where_problems_have_levels(make_case, group, level, shown):
    [request] = keyphrases.requests([replace(make_case("c"), group=group, level=level)])
    assert shown in request.prompt


def test_keyphrase_has_its_place_and_what_is_wrong_there(make_case):
    [found] = keyphrases.keyphrases([make_case("c")], [GOOD])
    assert (found.bad_case_id, found.keyphrase) == ("c", "slips in an addition")
    assert (found.line, found.quote) == (0, "1 + 1 = 3")
    assert (found.detail, found.failure) == ("1 + 1 is 2.", None)


PHRASES = {
    "white space": ('{"keyphrase": " adds \\n twice "}', "adds twice", None),
    "quotes and full stop": ('{"keyphrase": "\\"Adds twice\\"."}', "Adds twice", None),
    "prose and fence": ('Sure:\n```json\n{"keyphrase": "adds twice", "quote": ""}\n```', "adds twice", None),
    "words that the output lacks": ('{"keyphrase": "adds twice", "quote": "2 + 2"}', "adds twice", None),
    "quote that is no text": ('{"keyphrase": "adds twice", "quote": 1}', "adds twice", None),
    "cut behind it": ('{"keyphrase": "adds twice", "qu', "adds twice", None),
    "other blanks": ('{"keyphrase": "adds twice", "quote": " 1  + 1 = 3"}', "adds twice", 0),
    "another order": ('{"quote": "#### 3", "keyphrase": "adds twice"}', "adds twice", 1),
}


@pytest.mark.parametrize(("text", "phrase", "line"), PHRASES.values(), ids=PHRASES.keys())
def test_keyphrase_is_one_clean_line(make_case, text, phrase, line):
    [found] = keyphrases.keyphrases([make_case("c")], [reply(text)])
    assert (found.keyphrase, found.line, found.failure) == (phrase, line, None)


USELESS = {
    "refusal": (failed("refused", "I will not"), "refused", "I will not"),
    "empty": (failed("empty reply"), "empty reply", ""),
    "cut": (reply('{"keyphrase": "mul', truncated=True), "reply cut before the keyphrase", '{"keyphrase": "mul'),
    "prose": (reply("He is wrong."), "no keyphrase in the reply", "He is wrong."),
    "another schema": (reply('{"phrase": "adds"}'), "no keyphrase in the reply", '{"phrase": "adds"}'),
    "template": (reply('{"keyphrase": "..."}'), "empty keyphrase", '{"keyphrase": "..."}'),
    "essay": (reply(f'{{"keyphrase": "{"adds " * 99}"}}'), "keyphrase too long", f'{{"keyphrase": "{"adds " * 99}"}}'),
    "control characters": (reply("\x00no\ud800"), "no keyphrase in the reply", "no\ufffd"),
}


@pytest.mark.parametrize(("useless", "reason", "text"), USELESS.values(), ids=USELESS.keys())
def test_useless_reply_makes_the_case_unassigned_with_reason_and_text(make_case, useless, reason, text):
    cases = [make_case("c1"), make_case("c2"), make_case("c3")]
    found = keyphrases.keyphrases(cases, [useless, GOOD, GOOD])
    assert [keyphrase.keyphrase for keyphrase in found] == [UNASSIGNED, "slips in an addition", "slips in an addition"]
    assert (found[0].failure, found[0].detail, found[0].line) == (reason, text, None)


def test_more_than_half_useless_replies_stop_the_run_with_the_first_reason(make_case):
    cases = [make_case("c1"), make_case("c2"), make_case("c3")]
    with pytest.raises(SourceError, match=r"2 of 3 replies hold no keyphrase; the first: refused: 'I will not'$"):
        keyphrases.keyphrases(cases, [GOOD, failed("refused", "I\nwill not"), reply("no")])


def test_no_cases_need_no_replies():
    assert keyphrases.requests([]) == []
    assert keyphrases.keyphrases([], []) == []
