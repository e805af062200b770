import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.llm.tolerant_json import documents, find_items, find_object, walk

ONE = '{"question": "Q1", "solution": "S1"}'
TWO = '{"question": "Q2", "solution": "S2"}'
KEYS = ("question", "solution")


def values(text):
    return [(document.value, document.cut) for document in documents(text)]


def whole(*found):
    return [(value, False) for value in found]


READ = {
    "object": ('{"a": 1}', whole({"a": 1})),
    "list": ("[1, 2.5, -3e2, true, false, null]", whole([1, 2.5, -300.0, True, False, None])),
    "nothing": ("He is wrong.", []),
    "empty": ("", []),
    "fence": ('```json\n{"a": [1]}\n```', whole({"a": [1]})),
    "prose around": ('Sure {it is} [see above]: {"a": 1}, as you wanted', whole({"a": 1})),
    "LaTeX around": (r'We get \frac{1}{2} and \[x\]: {"a": 1}', whole([], {"a": 1})[1:]),
    "several": ('{"a": 1}\n{"a": 2}', whole({"a": 1}, {"a": 2})),
    "thought before": ('<think>maybe {"a": 1}</think>\n{"a": 2}', whole({"a": 2})),
    "thought whose start the server kept": ('maybe {"a": 1}</think>{"a": 2}', whole({"a": 2})),
    "thoughts in thoughts": ('<think>x<think>{"a": 1}</think>{"a": 2}</think>{"a": 3}', whole({"a": 3})),
    "thought that never ended": ('<think>maybe {"a": 1}', []),
    "answer inside the thought alone": ('<think>{"a": 1}</think>', whole({"a": 1})),
    "end of a thought inside a text": ('{"a": "</think>"}', whole({"a": "</think>"})),
    "trailing and double commas": ('{"a": [1,, 2,],}', whole({"a": [1, 2]})),
    "missing comma": ('[{"a": 1} {"a": 2}]', whole([{"a": 1}, {"a": 2}])),
    "keys without quotes": ("{a: 1, b_2: 2}", whole({"a": 1, "b_2": 2})),
    "single quotes": ("{'a': 'it's so', 'b': None, 'c': True}", whole({"a": "it's so", "b": None, "c": True})),
    "typographic quotes": ("{“a”: “b \u2018c\u2019 \"d\"”}", whole({"a": "b \u2018c\u2019 \"d\""})),
    "single typographic quotes": ("{\u2018a\u2019: \u2018it\u2019s so\u2019}", whole({"a": "it\u2019s so"})),
    "quotes in a text": ('{"a": "He said "yes" to me"}', whole({"a": 'He said "yes" to me'})),
    "no numbers": ('[NaN, Infinity, -Infinity, 1e999]', whole([None] * 4)),
    "long number": (f"[{'9' * 5000}]", whole([None])),
    "equal keys": ('{"a": 1, "a": 2}', whole({"a": 1})),
    "brackets in a text": ('{"a": "[{"}', whole({"a": "[{"})),
    "missing bracket": ('{"a": [1, 2}', whole({"a": [1, 2]})),
    "bracket too many": ('{"a": 1}]', whole({"a": 1})),
    "word that is no value": ('[yes, "b"]', []),
    "broken outside, whole inside": ('{"a": !, "b": {"c": 1}}', whole({"c": 1})),
    "LaTeX inside": (r'{"a": "\frac{1}{2} \times \nu\nSo \"x\""}', whole({"a": '\\frac{1}{2} \\times \\nu\nSo "x"'})),
    "line break in a text": ('{"a": "one\ntwo"}', whole({"a": "one\ntwo"})),
    "comments": ('{"a": 1, // one, two\n "b": "c" /* {x} */, "d": "http://e"} // f', whole({"a": 1, "b": "c", "d": "http://e"})),
    "comment that never ends": ('{"a": [1, 2], /* b', [({"a": [1, 2]}, True)]),
    "control character between": ('{\x00"a": 1}', []),
    "cut in an item": ('[{"a": 1}, {"a": 2, "b"', [([{"a": 1}], True)]),
    "cut in a text": ('{"a": [{"b": "c"}, {"b": "d', [({"a": [{"b": "c"}]}, True)]),
    "cut in an escape": ('["a", "b\\', [(["a"], True)]),
    "cut in a number": ("[1, 2", [([1], True)]),
    "cut after a sign": ("[1, -", [([1], True)]),
    "cut in an exponent": ("[1, -2.5e-", [([1], True)]),
    "cut in a literal": ("[1, tr", [([1], True)]),
    "cut after a comma": ("[1, ", [([1], True)]),
    "cut before the last bracket": ('{"a": [1, 2]', [({"a": [1, 2]}, True)]),
    "cut in a key": ('{"a": 1, "b', [({"a": 1}, True)]),
    "cut in a list of lists": ("[[1, 2], [3, 4", [([[1, 2]], True)]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), READ.values(), ids=READ.keys())
def test_documents_of_a_reply(text, expected):
    assert values(text) == expected


FOUND = {
    "whole": ('{"keyphrase": "adds"}', "adds"),
    "in a wrapper": ('{"result": [{"keyphrase": "adds"}]}', "adds"),
    "after another object": ('{"step": 1} {"keyphrase": "adds"}', "adds"),
    "first of two": ('{"keyphrase": "adds"} {"keyphrase": "slips"}', "adds"),
    "cut behind it": ('{"keyphrase": "adds", "step": 1', "adds"),
    "key in another case": ('{"Keyphrase": "adds"}', "adds"),
    "key in capitals with blanks": ('{" KEYPHRASE ": "adds"}', "adds"),
    "encoded twice": (json.dumps(json.dumps({"keyphrase": 'adds "6"'})), 'adds "6"'),
    "encoded twice, in a fence": (f"```json\n{json.dumps(json.dumps({'keyphrase': 'adds'}))}\n```", "adds"),
    "encoded inside": (json.dumps({"result": json.dumps({"keyphrase": "adds"})}), "adds"),
    "after an empty one": ('{"keyphrase": ""} {"keyphrase": "adds"}', "adds"),
}


@pytest.mark.parametrize(("text", "phrase"), FOUND.values(), ids=FOUND.keys())
def test_object_is_the_first_with_a_text_under_the_key(text, phrase):
    assert find_object(text, "keyphrase")["keyphrase"] == phrase


@pytest.mark.parametrize("text", ["", '{"keyphrase": 3}', '{"phrase": "adds"}', '{"keyphrase": "ad'])
def test_no_object_with_a_text_under_the_key(text):
    assert find_object(text, "keyphrase") is None


ITEMS = {
    "object": (f'{{"problems": [{ONE}, {TWO}]}}', ["Q1", "Q2"], False),
    "bare list": (f"[{ONE}, {TWO}]", ["Q1", "Q2"], False),
    "list in a fence after another": (f"Scores [1, 2]:\n```\n[{ONE}]\n```", ["Q1"], False),
    "JSON lines": (f"{ONE}\n{TWO}", ["Q1", "Q2"], False),
    "one object": (ONE, ["Q1"], False),
    "several objects with a list": (f'{{"problems": [{ONE}]}}\n{{"problems": [{TWO}]}}', ["Q1", "Q2"], False),
    "keys in another case": (f'[{ONE.title()}, {TWO.upper()}]', ["Q1", "Q2"], False),
    "encoded twice": (json.dumps(f"[{ONE}, {TWO}]"), ["Q1", "Q2"], False),
    "encoded inside": (json.dumps({"problems": f"[{ONE}, {TWO}]"}), ["Q1", "Q2"], False),
    "items encoded": (json.dumps({"problems": [ONE, TWO]}), ["Q1", "Q2"], False),
    "comment between": (f"[{ONE}, // the second:\n{TWO}]", ["Q1", "Q2"], False),
    "broken item between": (f'[{ONE}, {{"question": !}}, {TWO}]', ["Q1", "Q2"], False),
    "cut": (f'{{"problems": [{ONE}, {TWO}, {{"question": "Q3", "solu', ["Q1", "Q2"], True),
    "bare list, cut": (f'[{ONE}, {{"question": "Q2", "solution": "S', ["Q1"], True),
    "last item whole, no bracket": (f"[{ONE}, {TWO}", ["Q1", "Q2"], True),
    "fence, cut": (f'```json\n[{ONE}, {{"ques', ["Q1"], True),
}  # fmt: skip


@pytest.mark.parametrize(("text", "questions", "cut"), ITEMS.values(), ids=ITEMS.keys())
def test_items_are_those_that_are_complete(text, questions, cut):
    found = find_items(text, KEYS)
    assert [item["question"] for item in found.value] == questions
    assert found.cut is cut


@pytest.mark.parametrize("text", ["", "[]", "[1, 2]", '[{"question": "Q1"}]', '{"problems": [{"question": "Q'])
def test_reply_without_a_whole_item_has_none(text):
    assert find_items(text, KEYS) is None


def test_item_that_does_not_fit_stays_among_those_that_do():
    assert find_items(f'[{ONE}, {{"other": 1}}, "x"]', KEYS).value == [json.loads(ONE), {"other": 1}, "x"]


@given(st.text(st.characters(exclude_categories=[])) | st.text("[]{}\"':,\\ntrue1-eE.“”<think>/ \n"))
def test_no_text_raises(text):
    for document in documents(text):
        json.dumps(document.value, allow_nan=False).encode()
    find_items(text, KEYS)


TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\\"), max_size=9)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(TEXTS, SCALARS, max_size=3)
ITEM_LISTS = st.lists(st.dictionaries(TEXTS, VALUES, max_size=3), min_size=1, max_size=4)


@given(ITEM_LISTS | st.dictionaries(TEXTS, ITEM_LISTS, max_size=2), st.sampled_from([None, 2]))
def test_real_json_is_read_as_it_is(value, indent):
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    if "</think>" not in text and "<think>" not in text:
        assert values(text) == whole(value)


@given(ITEM_LISTS, st.data())
def test_cut_list_keeps_a_first_part_of_its_items(items, data):
    text = json.dumps(items, ensure_ascii=False)
    end = data.draw(st.integers(1, len(text) - 1))
    if "think>" not in text:
        complete = sum(len(json.dumps(items[:k], ensure_ascii=False)) - 1 <= end for k in range(1, len(items) + 1))
        assert values(text[:end])[0] == (items[:complete], True)


N = 1_000_000
ADVERSARIAL = {
    "lists": "[" * N,
    "objects": "{" * N,
    "pairs": "[]" * (N // 2),
    "one list": "[" + "[]," * (N // 3),
    "deep and closed": "[" * (N // 2) + "]" * (N // 2),
    "keys": '{"a":' * (N // 5),
    "open texts": '["' * (N // 2),
    "open typographic texts": "[“" * (N // 2),
    "open texts with blanks": "[' " * (N // 3),
    "quotes": '["' + '" ' * (N // 2),
    "backslashes": '["' + "\\" * N,
    "digits": "[" + "1" * N + "x",
    "blanks": "[" + " " * N + "!",
    "false starts": "[a" * (N // 2),
    "thoughts": "<think>" * (N // 7) + "[",
    "numbers": "[1e" * (N // 3),
    "comments": "[/*" * (N // 3),
    "lines of comments": "[//\n" * (N // 4),
    "encoded": '"[\\"' * (N // 4),
}


@pytest.mark.parametrize("text", ADVERSARIAL.values(), ids=ADVERSARIAL.keys())
def test_a_megabyte_takes_seconds_and_not_minutes(text):
    started = time.process_time()
    assert find_items(text, KEYS) is None
    assert time.process_time() - started < 10


def test_walk_gives_each_value_before_its_parts_in_order():
    assert list(walk({"a": [1, {"b": 2}], "c": 3})) == [{"a": [1, {"b": 2}], "c": 3}, [1, {"b": 2}], 1, {"b": 2}, 2, 3]
