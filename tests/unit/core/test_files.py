"""Records on disk: atomic, byte-identical, and with errors that name file, line and field."""

import json
from dataclasses import asdict, dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core import files
from stages.core.exceptions import RecordsError
from stages.core.records import Record
from stages.core.verdict import Verdict


@dataclass(frozen=True)
class Fruit(Record):
    name: str
    weight: float
    seeds: int
    tags: list[str]
    colour: str | None
    verdict: Verdict
    prices: dict[str, int]
    ripe: bool


FIG = Fruit("fig", 1.5, 3, ["a"], None, Verdict.WRONG, {"kg": 4}, True)
GOOD = asdict(FIG)
SHORT = {key: value for key, value in GOOD.items() if key != "seeds"}


def write_lines(path, *lines):
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(("ab", "c"), ("a", "bc"), id="where-a-part-ends"),
        pytest.param(("a", ""), ("a",), id="an-empty-part"),
        pytest.param(("a", "b"), ("b", "a"), id="order"),
        pytest.param(("a\x1f", "b"), ("a", "\x1fb"), id="the-separator-inside-a-part"),
    ],
)
def test_content_id_of_different_parts_differs(one, other):
    assert files.content_id(*one) != files.content_id(*other)


def test_content_id_is_16_hex_digits_and_the_same_each_time():
    assert files.content_id("abc") == files.content_id("abc")
    assert len(files.content_id("abc")) == 16
    assert int(files.content_id("abc"), 16) >= 0


def test_file_hash_is_sha256_of_the_bytes(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert files.file_hash(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_directory_hash_changes_with_content_and_with_name(tmp_path):
    (tmp_path / "sub").mkdir()
    inner = tmp_path / "sub" / "a.txt"
    inner.write_text("one")
    first = files.directory_hash(tmp_path)
    inner.write_text("two")
    second = files.directory_hash(tmp_path)
    inner.rename(tmp_path / "sub" / "b.txt")
    assert len({first, second, files.directory_hash(tmp_path)}) == 3


def test_replacing_keeps_the_old_file_and_no_temporary_one_when_the_block_raises(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("old")

    def interrupted():
        with files.replacing(path) as file:
            file.write("new")
            raise KeyboardInterrupt("stopped by hand")

    with pytest.raises(KeyboardInterrupt, match="stopped by hand"):
        interrupted()
    assert path.read_text() == "old"
    assert list(tmp_path.glob(".out*")) == []


def test_replacing_shows_the_old_file_until_the_block_ends(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("old")
    with files.replacing(path) as file:
        file.write("new")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_replacing_makes_missing_folders(tmp_path):
    with files.replacing(tmp_path / "a" / "b" / "c.txt") as file:
        file.write("x")
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "x"


def test_write_records_writes_sorted_keys_and_returns_the_count(tmp_path):
    path = tmp_path / "fruits.jsonl"
    assert files.write_records(path, iter([FIG, FIG])) == 2
    line = (
        '{"colour": null, "name": "fig", "prices": {"kg": 4}, "ripe": true, "seeds": 3, "tags": ["a"], '
        '"verdict": "wrong", "weight": 1.5}\n'
    )
    assert path.read_text(encoding="utf-8") == line * 2


def test_same_records_give_the_same_bytes(tmp_path):
    files.write_records(tmp_path / "a", [FIG])
    files.write_records(tmp_path / "b", files.read_records(tmp_path / "a", Fruit))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_write_records_of_nothing_writes_an_empty_file_that_reads_as_nothing(tmp_path):
    path = tmp_path / "none.jsonl"
    assert files.write_records(path, []) == 0
    assert path.read_bytes() == b""
    assert files.read_records(path, Fruit) == []


@given(text=st.text())
def test_any_text_survives_writing_and_reading(tmp_path_factory, text):
    @dataclass(frozen=True)
    class Line:
        text: str

    path = tmp_path_factory.getbasetemp() / "any-text.jsonl"
    files.write_records(path, [Line(text), Line("next")])
    assert files.read_records(path, Line) == [Line(text), Line("next")]


def test_read_lines_counts_lines_from_one_and_skips_empty_ones(tmp_path):
    path = write_lines(tmp_path / "f.jsonl", '{"a": 1}', "", "  ", '{"a": 2}')
    assert list(files.read_lines(path)) == [(f"{path}:1", {"a": 1}), (f"{path}:4", {"a": 2})]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param('{"a": ', r"f\.jsonl:2: not valid JSON", id="malformed"),
        pytest.param("[1]", r"f\.jsonl:2: a JSON object is needed, not list", id="a-list"),
        pytest.param("7", r"f\.jsonl:2: a JSON object is needed, not int", id="a-number"),
    ],
)
def test_read_lines_with_a_bad_line_names_file_and_line(tmp_path, line, message):
    path = write_lines(tmp_path / "f.jsonl", '{"a": 1}', line)
    with pytest.raises(RecordsError, match=message):
        list(files.read_lines(path))


def test_read_lines_of_a_file_that_is_not_utf_8_names_the_file(tmp_path):
    path = tmp_path / "latin.jsonl"
    path.write_bytes('{"a": "1 €"}\n'.encode("cp1252"))
    with pytest.raises(RecordsError, match=r"latin\.jsonl.*UTF-8"):
        list(files.read_lines(path))


@pytest.mark.parametrize(
    "read",
    [
        pytest.param(lambda path: list(files.read_lines(path)), id="lines"),
        pytest.param(lambda path: files.read_records(path, Fruit), id="records"),
        pytest.param(lambda path: files.read_record(path, Fruit), id="record"),
        pytest.param(files.read_json, id="json"),
    ],
)
def test_missing_file_is_named(tmp_path, read):
    with pytest.raises(RecordsError, match=r"gone\.jsonl: no such file"):
        read(tmp_path / "gone.jsonl")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param('{"a": ', r"f\.jsonl:2: not valid JSON: EOF", id="malformed"),
        pytest.param("[1]", r"f\.jsonl:2: a Fruit is needed, not \[1\]", id="a-list"),
        pytest.param(json.dumps(GOOD | {"stone": 1}), r"f\.jsonl:2: unknown field `stone` in a Fruit", id="unknown"),
        pytest.param(json.dumps(SHORT), r"f\.jsonl:2: missing field `seeds` in a Fruit", id="missing"),
    ],
)
def test_read_records_with_a_line_that_is_no_record_names_file_line_and_field(tmp_path, line, message):
    path = write_lines(tmp_path / "f.jsonl", json.dumps(GOOD), line)
    with pytest.raises(RecordsError, match=message):
        files.read_records(path, Fruit)


def test_record_alone_in_a_file_comes_back_as_written(tmp_path):
    files.write_json(tmp_path / "fig.json", FIG)
    found = files.read_record(tmp_path / "fig.json", Fruit)
    assert found == FIG
    assert found.verdict is Verdict.WRONG
    files.write_json(tmp_path / "basket.json", {"first": GOOD})
    assert files.read_record(tmp_path / "basket.json", dict[str, Fruit]) == {"first": FIG}


def test_read_record_with_a_fault_names_file_and_field(tmp_path):
    files.write_json(tmp_path / "basket.json", {"first": GOOD | {"ripe": 1}})
    with pytest.raises(RecordsError, match=r"basket\.json: field `first\.ripe` of a dict has a wrong value: 1"):
        files.read_record(tmp_path / "basket.json", dict[str, Fruit])


WRONG = {
    "name": [7, None],
    "weight": ["1.5", True],
    "seeds": [3.0, True],
    "tags": ["a", ["a", 1]],
    "colour": [1],
    "verdict": ["maybe"],
    "prices": [{"kg": "4"}],
    "ripe": [1],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in WRONG.items() for value in values])
def test_read_records_with_wrong_type_names_file_line_field_and_value(tmp_path, field, value):
    path = write_lines(tmp_path / "f.jsonl", json.dumps(GOOD | {field: value}))
    with pytest.raises(RecordsError, match=rf"f\.jsonl:1: field `{field}(\.\w+)?` of a Fruit has a wrong value: "):
        files.read_records(path, Fruit)


def test_read_records_takes_every_value_that_fits(tmp_path):
    fits = {"weight": 2, "tags": [], "colour": "red", "prices": {}}
    path = write_lines(tmp_path / "f.jsonl", json.dumps(GOOD | fits))
    assert files.read_records(path, Fruit) == [replace(FIG, **fits)]


def test_write_json_is_indented_sorted_and_ends_in_a_newline(tmp_path):
    files.write_json(tmp_path / "v.json", {"b": "é", "a": 1})
    assert (tmp_path / "v.json").read_text(encoding="utf-8") == '{\n  "a": 1,\n  "b": "é"\n}\n'


def test_read_json_of_a_malformed_file_names_it(tmp_path):
    (tmp_path / "cut.json").write_text('{"a": ')
    with pytest.raises(RecordsError, match=r"cut\.json: not valid JSON"):
        files.read_json(tmp_path / "cut.json")
