"""Params: typed, without defaults, all faults in one message."""

import datetime
from contextlib import nullcontext
from dataclasses import field
from enum import StrEnum
from typing import Literal

import pytest
from ruamel.yaml import YAML

from stages.core import params
from stages.core.exceptions import ParamsError
from stages.core.params import Number, section


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


@section
class Inner:
    rate: Number
    rank: int


@section
class Outer:
    name: str
    inner: Inner
    flag: bool
    mode: Literal["fast", "slow"]
    sizes: list[Size]
    path: str | None
    parents: dict[str, dict[str, str]]


GOOD = """
name: n
inner: {rate: 0.5, rank: 4}
flag: true
mode: fast
sizes: [small, large]
path: null
parents: {a: {parent: base}}
"""


def load(text):
    return YAML(typ="safe").load(text)


def parse(changes="", text=GOOD):
    return params.parse(Outer, load(text) | (load(changes) or {}))


@section
class Choice:
    """One of two alternatives; dvc.yaml declares the section of the chosen one."""

    method: str
    fast: Inner | None = field(default=None, kw_only=True)
    slow: Inner | None = field(default=None, kw_only=True)


def test_section_of_an_alternative_that_is_not_declared_is_none():
    assert params.parse(Choice, {"method": "slow", "slow": {"rate": 0.5, "rank": 4}}) == Choice(
        "slow", slow=Inner(0.5, 4)
    )


def test_section_of_an_alternative_is_checked_where_it_is_given():
    with pytest.raises(ParamsError, match=r"missing key `slow\.rank`"):
        params.parse(Choice, {"method": "slow", "slow": {"rate": 0.5}})


def test_parse_builds_nested_typed_values():
    assert parse() == Outer("n", Inner(0.5, 4), True, "fast", [Size.SMALL, Size.LARGE], None, {"a": {"parent": "base"}})
    assert parse().sizes[0] is Size.SMALL


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("5e-05", 0.00005, id="exponent-as-dvc-writes-it"),
        pytest.param("3", 3.0, id="whole-number"),
    ],
)
def test_number_where_a_float_is_due_becomes_a_float(text, value):
    found = parse(f"inner: {{rate: {text}, rank: 4}}").inner.rate
    assert found == value
    assert isinstance(found, float)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param("inner: {rate: 0.5, rank: 1e4}", r"`inner\.rank` must be a whole number, not 10000\.0", id="1e4"),
        pytest.param("inner: {rate: 0.5, rank: 4.0}", r"`inner\.rank` must be a whole number, not 4\.0", id="float"),
        pytest.param("inner: {rate: 0.5, rank: true}", r"`inner\.rank` must be a whole number, not True", id="bool"),
        pytest.param(
            "inner: {rate: high, rank: 4}", r"`inner\.rate` must be a number, not 'high'", id="text-for-float"
        ),
        pytest.param("inner: {rate: true, rank: 4}", r"`inner\.rate` must be a number, not True", id="bool-for-float"),
        pytest.param("inner: {rate: null, rank: 4}", r"`inner\.rate` must be a number, not None", id="null-for-float"),
        pytest.param("inner: 3", r"`inner` must be a mapping, not 3", id="number-for-section"),
        pytest.param("flag: 1", r"`flag` must be true or false, not 1", id="number-for-bool"),
        pytest.param("name: 1", r"`name` must be text, not 1", id="number-for-text"),
        pytest.param("path: 1", r"`path` must be text, not 1", id="number-for-optional-text"),
        pytest.param("mode: fats", r"`mode` must be 'fast' or 'slow', not 'fats'", id="no-such-choice"),
        pytest.param("sizes: small", r"`sizes` must be a list, not 'small'", id="text-for-list"),
        pytest.param("sizes: [small, tiny]", r"`sizes\[1\]` must be 'small' or 'large', not 'tiny'", id="list-item"),
        pytest.param("parents: {a: {parent: 1}}", r"`parents\.a\.parent` must be text, not 1", id="dict-item"),
    ],
)
def test_wrong_value_is_named_with_what_would_be_right(changes, message):
    with pytest.raises(ParamsError, match=rf"^params\.yaml: {message}$"):
        parse(changes)


def test_unknown_key_unlike_any_suggests_nothing():
    with pytest.raises(ParamsError, match=r"^params\.yaml: unknown key `zzz`$"):
        parse("zzz: 1")


def test_each_of_several_faults_is_a_line():
    with pytest.raises(ParamsError, match="params") as caught:
        parse("{inner: {rate: x, rnk: 4}, flag: maybe}")
    assert str(caught.value).splitlines() == [
        "params.yaml: `inner.rate` must be a number, not 'x'",
        "params.yaml: missing key `inner.rank`",
        "params.yaml: unknown key `inner.rnk` (did you mean `rank`?)",
        "params.yaml: `flag` must be true or false, not 'maybe'",
    ]
    assert list(caught.value.faults) == str(caught.value).splitlines()


@pytest.mark.parametrize("value", [".nan", ".inf"])
def test_number_that_is_not_finite_is_refused(value):
    with pytest.raises(ParamsError, match=r"`inner\.rate` must be a finite number"):
        parse(f"inner: {{rate: {value}, rank: 4}}")


ODD = {
    "a date": ({"name": datetime.date(2024, 1, 1)}, "put quotes around dates"),
    "a date as a key": (
        {"parents": {datetime.date(2024, 1, 1): {}}},
        r"`outer\.parents`: the key 2024-01-01 is no text; put quotes around it",
    ),
    "a number as a key": ({2: 1}, "`outer`: the key 2 is no text; put quotes around it"),
    "bytes": ({"name": b"abc"}, "put quotes around dates and binary data"),
    "a list in itself": ({"sizes": load("&a [*a]")}, r"`outer`: a value contains itself, .*\(Circular reference"),
    "a mapping in itself": ({"parents": load("&a {a: *a}")}, r"`outer`: a value contains itself"),
    "half a character": ({"name": "\ud800"}, "not valid text"),
}


@pytest.mark.parametrize(("changes", "message"), ODD.values(), ids=ODD.keys())
def test_value_that_only_yaml_knows_is_refused_in_one_line(changes, message):
    with pytest.raises(ParamsError, match=message) as caught:
        params.parse(Outer, load(GOOD) | changes, "outer")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(("seed", "is_one"), [(0, True), (2**32 - 1, True), (-1, False), (2**32, False), (True, False)])
def test_seed_is_a_whole_number_that_all_libraries_take(seed, is_one):
    with nullcontext() if is_one else pytest.raises(ParamsError, match="`seed` must be "):
        assert params.parse(params.Seed, seed, "seed") == seed


def test_key_with_a_dot_and_a_digit_keeps_its_name():
    with pytest.raises(ParamsError, match=r"^params\.yaml: `parents\.gpt-4\.1\.parent` must be text, not 1$"):
        parse("parents: {gpt-4.1: {parent: 1}}")


def test_unknown_key_of_a_section_in_a_mapping_suggests_the_close_one():
    with pytest.raises(ParamsError, match=r"unknown key `iterations\.a\.parnet` \(did you mean `parent`\?\)"):
        params.parse(params.Iterations, {"a": {"parnet": "base"}}, "iterations")


@pytest.mark.parametrize("url", ["http://[::1", "http://here:abc/v1", "http://here:99999/v1", "http:///v1"])
def test_address_whose_host_or_port_is_none_is_refused(url):
    with pytest.raises(ParamsError, match=r"it is like http://localhost:8000/v1$"):
        params.parse(params.Url, url, "base_url")


@pytest.mark.parametrize("url", ["http://localhost:8000/v1", "https://[::1]:8000/v1", "vllm 0.32.0"])
def test_address_or_name_is_taken_as_it_is(url):
    assert params.parse(params.Url, url, "base_url") == url


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a: [1", r"p\.yaml: not valid YAML: .*line 1", id="malformed"),
        pytest.param("- a", r"p\.yaml: must be a mapping of sections", id="a-list"),
        pytest.param("", r"p\.yaml: must be a mapping of sections", id="empty"),
        pytest.param(
            "a: 1\na: 2", r"found duplicate key \"a\" .*, line 2, column 1(: a: 2 \^ \(line: 2\))?$", id="twice"
        ),
        pytest.param("a: 2024-13-01", r"p\.yaml: not valid YAML: month must be in 1\.\.12", id="no-such-date"),
        pytest.param("a: " + "[" * 600, r"p\.yaml: not valid YAML: maximum recursion depth", id="deep"),
        pytest.param("a: ä".encode("latin-1"), r"p\.yaml: not UTF-8 text: .* position 3", id="latin-1"),
        pytest.param(None, r"p\.yaml: no such file", id="missing"),
    ],
)
def test_read_yaml_of_a_bad_file_names_it_in_one_line(tmp_path, text, message):
    path = tmp_path / "p.yaml"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ParamsError, match=message) as caught:
        params.read_yaml(path)
    assert "\n" not in str(caught.value)


def test_read_yaml_gives_the_values_that_dvc_hands_to_stages(tmp_path):
    from dvc.utils.serialize import load_yaml

    path = tmp_path / "p.yaml"
    path.write_text("{a: yes, b: 0200, c: 2:40, d: 1e-4, e: 0o17, f: 1_000, g: off}")
    assert params.read_yaml(path) == load_yaml(path)
    assert params.read_yaml(path)["a"] == "yes"


@pytest.mark.parametrize(
    ("iterations", "message"),
    [
        pytest.param(None, r"`iterations` must be a mapping, not None", id="none"),
        pytest.param({}, r"`iterations`: at least one line", id="empty"),
        pytest.param(
            {"a": {"parent": "base"}, "b": {"parent": "c"}},
            r"`iterations`: b\.parent is `c`, which does not exist; there are base, a, b",
            id="no-such-parent",
        ),
        pytest.param({"a": {"parent": None}}, r"`iterations\.a\.parent` must be text, not None", id="null"),
        pytest.param({"a": {"parent": "a"}}, r"a: the parents form a cycle \(a -> a\)", id="own-parent"),
        pytest.param(
            {"a": {"parent": "c"}, "b": {"parent": "a"}, "c": {"parent": "b"}},
            r"a: the parents form a cycle \(a -> c -> b -> a\)",
            id="cycle",
        ),
        pytest.param(
            {"x": {"parent": "a"}, "a": {"parent": "b"}, "b": {"parent": "a"}},
            r"x: the parents form a cycle \(x -> a -> b -> a\)",
            id="leads-into-a-cycle",
        ),
        pytest.param({"base": {"parent": "base"}}, r"`iterations`: base: use letters", id="reserved-name"),
        pytest.param({"total": {"parent": "base"}}, r"total: use letters, .* not `base` or `total`", id="of-accounts"),
        pytest.param({"a-b": {"parent": "base"}}, r"`iterations`: a-b: use letters", id="dash"),
        pytest.param({"../a": {"parent": "base"}}, r"`iterations`: \.\./a: use letters", id="path"),
    ],
)
def test_faulty_iterations_are_refused(iterations, message):
    with pytest.raises(ParamsError, match=message):
        params.parse(params.Iterations, iterations, "iterations")


def test_lineage_leads_from_the_first_iteration_to_the_named_one():
    parents = {"c": "b", "a": "base", "b": "a", "d": "a"}
    iterations = params.parse(params.Iterations, {name: {"parent": parent} for name, parent in parents.items()})
    assert params.lineage(iterations, "c") == ["a", "b", "c"]
    assert params.lineage(iterations, "d") == ["a", "d"]
    assert params.lineage(iterations, "a") == ["a"]


def test_declared_outside_dvc_says_how_to_run_the_stage(monkeypatch):
    monkeypatch.delenv("DVC_STAGE", raising=False)
    with pytest.raises(ParamsError, match=r"DVC_STAGE is not set: run the stage through DVC, .*`dvc repro"):
        params.declared(Inner)


def test_fault_of_a_named_section_names_it():
    with pytest.raises(ParamsError, match=r"(?s)missing key `runtime\.rank`.*unknown key `runtime\.rnak`"):
        params.parse(Inner, {"rate": 1, "rnak": 2}, "runtime")
