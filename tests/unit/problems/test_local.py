"""Local files: JSON lines, CSV and Parquet say the same."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from stages.core.exceptions import RecordsError
from stages.problems import local
from stages.problems.reading import read_rows
from tests.unit.problems.specs import spec

COLUMNS = "question=frage solution=weg answer=antwort group=gruppe"
ROWS = [
    {"frage": "Wie viel ist 2 + 2, bitte?", "weg": 'Man "rechnet"\n2 + 2 = 4', "antwort": "4", "gruppe": "plus"},
    {"frage": "Was kostet das in €?", "weg": "3 * 5 = 15", "antwort": "15", "gruppe": "mal"},
]


def write_jsonl(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_csv(path, rows):
    def quoted(cell):
        return '"' + str(cell).replace('"', '""') + '"'

    lines = [",".join(rows[0]), *(",".join(map(quoted, row.values())) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_parquet(path, rows):
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)


WRITERS = {"jsonl": write_jsonl, "csv": write_csv, "parquet": write_parquet}


def read(path, columns=COLUMNS):
    return read_rows(local.rows(path), spec(columns=columns)).problems


@pytest.fixture(params=list(WRITERS))
def kind(request):
    return request.param


def test_columns_are_mapped_whatever_the_format(tmp_path, kind):
    path = tmp_path / f"f.{kind}"
    WRITERS[kind](path, ROWS)
    problems = read(path)
    assert [(p.question, p.solution, p.answer, p.group) for p in problems] == [
        ("Wie viel ist 2 + 2, bitte?", 'Man "rechnet"\n2 + 2 = 4\n#### 4', "4", "plus"),
        ("Was kostet das in €?", "3 * 5 = 15\n#### 15", "15", "mal"),
    ]


WHERE = {"jsonl": r"f\.jsonl:2", "csv": r"f\.csv:\d", "parquet": r"f\.parquet: row 2"}


def test_missing_column_names_file_and_column(tmp_path, kind):
    path = tmp_path / f"f.{kind}"
    WRITERS[kind](path, ROWS)
    with pytest.raises(RecordsError, match=rf"f\.{kind}.*: no column `question` for the question \(there are frage"):
        read(path, "question=question solution=weg")


def test_empty_value_names_file_row_and_column(tmp_path, kind):
    path = tmp_path / f"f.{kind}"
    WRITERS[kind](path, [ROWS[0], ROWS[1] | {"antwort": ""}])
    with pytest.raises(RecordsError, match=WHERE[kind] + ": the column `antwort` is empty"):
        read(path)


@pytest.mark.parametrize(("name", "text"), [("f.jsonl", ""), ("f.csv", "frage,weg,antwort,gruppe\n"), ("g.csv", "")])
def test_file_without_rows_holds_no_problem(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(RecordsError, match=r"sets\.mine: no problem is left of 0 rows: it is empty"):
        read(tmp_path / name)


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        pytest.param("145", "145", id="whole-number"),
        pytest.param("145.0", "145", id="float-without-fraction"),
        pytest.param("2.5", "2.5", id="float"),
        pytest.param('"145.0"', "145.0", id="text-is-left-alone"),
        pytest.param("[145.0]", "145", id="list-of-one"),
        pytest.param('"[\\"145\\"]"', "145", id="text-of-a-list-of-one-text"),
        pytest.param('"[145]"', "[145]", id="text-of-a-list-of-a-number"),
        pytest.param('"[[1, 2], [3, 4]]"', "[[1, 2], [3, 4]]", id="matrix"),
    ],
)
def test_answer_that_is_a_json_number_is_written_as_people_do(tmp_path, written, answer):
    path = tmp_path / "f.jsonl"
    path.write_text(f'{{"frage": "?", "weg": "w", "antwort": {written}, "gruppe": "g"}}\n')
    assert read(path)[0].answer == answer


@pytest.mark.parametrize(("numbers", "answers"), [((4.0, 2.5), ["4", "2.5"]), ((Decimal("4.25"),) * 2, ["4.25"] * 2)])
def test_answers_in_a_parquet_column_of_numbers_are_written_as_people_do(tmp_path, numbers, answers):
    path = tmp_path / "f.parquet"
    write_parquet(path, [row | {"antwort": number} for row, number in zip(ROWS, numbers, strict=True)])
    assert [problem.answer for problem in read(path)] == answers


def test_missing_number_in_a_parquet_column_of_floats_is_an_empty_value(tmp_path):
    path = tmp_path / "f.parquet"
    write_parquet(path, [ROWS[0] | {"antwort": 4.0}, ROWS[1] | {"antwort": float("nan")}])
    with pytest.raises(RecordsError, match=r"row 2: the column `antwort` is empty"):
        read(path)


LINE = '{"frage": "?", "weg": "w; x", "antwort": "1", "gruppe": "g"}'
TEXTS = {
    "byte order mark": ("f.csv", "\ufefffrage,weg,antwort,gruppe\n?,w; x,1,g\n"),
    "byte order mark in JSON lines": ("f.jsonl", f"\ufeff{LINE}\n"),
    "byte order mark in JSON": ("f.json", f"\ufeff[{LINE}]"),
    "JSON": ("f.json", f"[\n{LINE}]"),
    "JSON lines under another name": ("f.json", f"{LINE}\n"),
    "capitals": ("f.CSV", "frage,weg,antwort,gruppe\n?,w; x,1,g\n"),
    "semicolons": ("f.csv", 'frage;weg;antwort;gruppe\n?;"w; x";1;g\n'),
    "semicolons and a comma in the header": ("f.csv", '"frage";weg;antwort;gruppe;"a,b"\n?;"w; x";1;g;\n'),
    "tabs": ("f.tsv", "frage\tweg\tantwort\tgruppe\n?\tw; x\t1\tg\n"),
    "tabs in a CSV file": ("f.csv", "frage\tweg\tantwort\tgruppe\n?\tw; x\t1\tg\n"),
}


@pytest.mark.parametrize(("name", "text"), TEXTS.values(), ids=TEXTS.keys())
def test_table_is_read_in_each_form_that_programs_write(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    [problem] = read(tmp_path / name)
    assert (problem.question, problem.solution, problem.answer) == ("?", "w; x\n#### 1", "1")


def test_faulty_rows_before_a_malformed_one_are_named_too(tmp_path):
    (tmp_path / "f.csv").write_text("frage,weg,antwort\n,w,1\na,w,2\nb\n")
    with pytest.raises(RecordsError) as caught:
        read(tmp_path / "f.csv", "question=frage solution=weg answer=antwort")
    first, second = str(caught.value).splitlines()
    assert first.endswith("f.csv:2: the column `frage` is empty")
    assert second.endswith("f.csv:4: the row does not have as many cells as the header")


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_cell_may_be_of_any_size(tmp_path, kind):
    way = "1 + 1 = 2 " * 20_000  # 200 kB; the csv module stops at 131 kB by itself
    WRITERS[kind](tmp_path / f"f.{kind}", [ROWS[0] | {"weg": way}])
    assert read(tmp_path / f"f.{kind}")[0].solution == f"{way.strip()}\n#### 4"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("[1]", r"f\.json: row 1: a JSON object is needed, not int", id="no-object"),
        pytest.param('[{"a": 1},', r"f\.json: not valid JSON", id="cut"),
        pytest.param('{\n"a": 1}', r"f\.json:1: not valid JSON", id="one-object"),
    ],
)
def test_malformed_json_names_the_file(tmp_path, text, message):
    (tmp_path / "f.json").write_text(text)
    with pytest.raises(RecordsError, match=message):
        read(tmp_path / "f.json")


def test_binary_column_of_parquet_is_text_or_refused(tmp_path):
    write_parquet(tmp_path / "f.parquet", [ROWS[0] | {"weg": "über 2 + 2 = 4".encode(), "bild": b"\xff\xd8"}])
    assert read(tmp_path / "f.parquet")[0].solution == "über 2 + 2 = 4\n#### 4"
    told = r"row 1: the column `bild` holds bytes that are no text; .* `columns\.solution`"
    with pytest.raises(RecordsError, match=told):
        read(tmp_path / "f.parquet", "question=frage solution=bild answer=antwort")


MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2 + 2?"}]
NESTED = {
    "prompt": MESSAGES,
    "reward_model": {"style": "rule", "ground_truth": "4"},
    "extra": {"a.b": ["x", "y"]},
    "reward_model.style": "own",
}


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "csv"])
def test_value_inside_a_cell_is_read_by_its_path(tmp_path, kind):
    path = tmp_path / f"f.{kind}"
    row = {key: json.dumps(value) for key, value in NESTED.items()} if kind == "csv" else NESTED
    WRITERS[kind](path, [row])
    [problem] = read(path, {"question": "prompt[1].content", "answer": "reward_model.ground_truth"})
    assert (problem.question, problem.answer) == ("2 + 2?", "4")
    [problem] = read(
        path, {"question": "{prompt[0].content} {prompt[-1].content}", "answer": "reward_model.ground_truth"}
    )
    assert problem.question == "Be brief. 2 + 2?"


INSIDE = {
    "messages": ({"question": "prompt"}, r"`prompt` holds a list, not a text; write `question: prompt\[1\]\.content`"),
    "object": (
        {"question": "reward_model"},
        r"not a text; write `question: reward_model\.style` \(or reward_model\.ground",
    ),
    "key with a dot": ({"question": "extra"}, r"write `question: extra\.a\.b\[0\]`"),
    "no such item": ({"question": "prompt[2].content"}, r"no `prompt\[2\]\.content` .*write `question: prompt\[1\]"),
    "no such key": ({"question": "prompt[0].text"}, r"no `prompt\[0\]\.text` .*write `question: prompt\[1\]\.content`"),
    "inside a text": (
        {"question": "reward_model.style.x"},
        r"no `reward_model\.style\.x` .*write `question: reward_model",
    ),
}


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
@pytest.mark.parametrize(("columns", "message"), INSIDE.values(), ids=INSIDE.keys())
def test_cell_that_is_no_text_is_refused_with_the_mapping_to_write(tmp_path, kind, columns, message):
    path = tmp_path / f"f.{kind}"
    row = NESTED if kind == "jsonl" else {key: json.dumps(value) for key, value in NESTED.items()}
    WRITERS[kind](path, [row])
    with pytest.raises(RecordsError, match=message):
        read(path, columns | {"answer": "reward_model.ground_truth"})


def test_column_whose_name_looks_like_a_path_comes_first(tmp_path):
    write_jsonl(tmp_path / "f.jsonl", [NESTED])
    [problem] = read(tmp_path / "f.jsonl", {"question": "prompt[1].content", "answer": "reward_model.style"})
    assert problem.answer == "own"


def test_list_of_answers_is_refused_with_the_mapping_to_write(tmp_path):
    write_jsonl(tmp_path / "f.jsonl", [ROWS[0] | {"antwort": [1, 2]}])
    with pytest.raises(RecordsError, match=r"f\.jsonl:1: .*write `answer: antwort\[0\]` \(or antwort\[1\]\)"):
        read(tmp_path / "f.jsonl")


def test_list_of_texts_as_json_in_a_cell_of_csv_is_refused_too(tmp_path):
    write_csv(tmp_path / "f.csv", [ROWS[0] | {"antwort": '["a", "b"]'}])
    with pytest.raises(RecordsError, match=r"f\.csv:\d: .*write `answer: antwort\[0\]` \(or antwort\[1\]\)"):
        read(tmp_path / "f.csv")


@pytest.mark.parametrize("written", ["Infinity", "-Infinity", "1e400"])
def test_infinite_answer_is_refused(tmp_path, written):
    path = tmp_path / "f.jsonl"
    path.write_text(f'{{"frage": "?", "weg": "w", "antwort": {written}, "gruppe": "g"}}\n')
    with pytest.raises(RecordsError, match=r"f\.jsonl:1: the column `antwort` holds a number that is too large"):
        read(path)


def test_line_ends_of_windows_are_plain_ones(tmp_path):
    cells = "a\r\nb\rc", "w\r\nx"
    (tmp_path / "f.csv").write_bytes('frage,weg,antwort,gruppe\r\n"{}","{}",1,g\r\n'.format(*cells).encode())
    [problem] = read(tmp_path / "f.csv")
    assert (problem.question, problem.solution) == ("a\nb\nc", "w\nx\n#### 1")


@pytest.mark.parametrize("levels", [900, 100_000])
def test_text_of_many_brackets_is_a_text(tmp_path, levels):
    write_csv(tmp_path / "f.csv", [ROWS[0] | {"frage": "[" * levels}])
    assert read(tmp_path / "f.csv")[0].question == "[" * levels


DEEP = {
    "csv": (700, r"f\.csv:\d: lists or objects are too many levels deep"),
    "json": (100_000, r"f\.json: not valid JSON: maximum recursion depth"),
    "jsonl": (100_000, r"f\.jsonl:1: not valid JSON: maximum recursion depth"),
}


@pytest.mark.parametrize("kind", DEEP)
def test_value_of_many_levels_is_refused_in_one_line(tmp_path, kind):
    levels, message = DEEP[kind]
    deep = "[" * levels + "1, 2" + "]" * levels
    if kind == "csv":
        write_csv(tmp_path / "f.csv", [ROWS[0] | {"frage": deep}])
    else:
        (tmp_path / f"f.{kind}").write_text(f'[{{"frage": {deep}}}]' if kind == "json" else f'{{"frage": {deep}}}')
    with pytest.raises(RecordsError, match=message):
        read(tmp_path / f"f.{kind}")


TWICE = {
    "csv": ("frage,weg,weg\n?,a,b\n", r"f\.csv: several columns have the name weg; rename all but one"),
    "jsonl": ('{"frage": "?", "weg": 1, "weg": 2}', r"f\.jsonl:1: not valid JSON: an object has the key `weg` twice"),
    "json": ('[{"frage": "?", "weg": 1, "weg": 2}]', r"f\.json: not valid JSON: an object has the key `weg` twice"),
}


@pytest.mark.parametrize("kind", TWICE)
def test_column_or_key_that_stands_twice_is_named(tmp_path, kind):
    text, message = TWICE[kind]
    (tmp_path / f"f.{kind}").write_text(text)
    with pytest.raises(RecordsError, match=message):
        read(tmp_path / f"f.{kind}")


def test_parquet_column_that_stands_twice_is_named(tmp_path):
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.Table.from_arrays([pyarrow.array(["a"])] * 2, names=["weg", "weg"])
    pyarrow.parquet.write_table(table, tmp_path / "f.parquet")
    with pytest.raises(RecordsError, match=r"f\.parquet: several columns have the name weg"):
        read(tmp_path / "f.parquet")


def test_columns_without_a_name_at_the_end_of_a_csv_header_are_no_matter(tmp_path):
    (tmp_path / "f.csv").write_text("frage,weg,antwort,gruppe,,\n?,w,1,g,,\n")
    assert read(tmp_path / "f.csv")[0].answer == "1"


def test_name_of_a_file_that_is_too_long_is_a_missing_file():
    with pytest.raises(RecordsError, match=r"x\.csv: no such file$"):
        local.rows(Path("x" * 300 + "x.csv"))


def test_utf_16_without_a_byte_order_mark_is_named(tmp_path):
    (tmp_path / "f.csv").write_bytes("frage,weg\n?,w\n".encode("utf-16-le"))
    with pytest.raises(RecordsError, match=r"f\.csv: not UTF-8 text: it has NUL characters"):
        read(tmp_path / "f.csv")


def test_missing_file_of_a_copied_workspace_is_to_be_tracked_or_copied(tmp_path, monkeypatch):
    copy = tmp_path / ".dvc" / "tmp" / "exps" / "tmpabc"
    copy.mkdir(parents=True)
    monkeypatch.chdir(copy)
    told = r"no such file in this copy .*`git add data/raw/f\.csv` or `dvc exp run --copy-paths data/raw/f\.csv"
    with pytest.raises(RecordsError, match=told):
        local.rows(Path("data/raw/f.csv"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("frage,weg\na,b\nc\n", r"f\.csv:3: the row does not have as many cells", id="too-few-cells"),
        pytest.param("frage,weg\na,b,c\n", r"f\.csv:2: the row does not have as many cells", id="too-many-cells"),
        pytest.param('frage,weg\na,"b"c\n', r"f\.csv:2: not valid CSV", id="text-behind-a-quote"),
        pytest.param('frage,weg\na,"b\n', r"f\.csv:2: not valid CSV", id="open-quote"),
    ],
)
def test_malformed_csv_names_file_and_line(tmp_path, text, message):
    path = tmp_path / "f.csv"
    path.write_text(text)
    with pytest.raises(RecordsError, match=message):
        read(path, "question=frage solution=weg answer=weg")


def test_malformed_parquet_names_file_in_one_line(tmp_path):
    (tmp_path / "f.parquet").write_bytes(b"PAR1 this is no Parquet file PAR1")
    with pytest.raises(RecordsError, match=r"f\.parquet: not a valid Parquet file: ") as caught:
        read(tmp_path / "f.parquet")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["pages", "time zone"])
def test_damaged_parquet_names_file_in_one_line(tmp_path, kind):
    import pyarrow
    import pyarrow.parquet

    path = tmp_path / "f.parquet"
    zone = pyarrow.timestamp("us", tz="Mars/Base")
    column = pyarrow.array([1], zone) if kind == "time zone" else pyarrow.array(["What is it?"] * 9)
    pyarrow.parquet.write_table(pyarrow.table({"frage": column}), path)
    if kind == "pages":
        path.write_bytes(path.read_bytes()[:4] + b"\xff" * 30 + path.read_bytes()[34:])
    with pytest.raises(RecordsError, match=r"f\.parquet: not a valid Parquet file: ") as caught:
        read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_text_file_that_is_not_utf_8_is_named(tmp_path, kind):
    path = tmp_path / f"f.{kind}"
    path.write_bytes('{"frage": "Wie groß?"}\n'.encode("cp1252"))
    with pytest.raises(RecordsError, match=rf"f\.{kind}.*UTF-8"):
        read(path)


def test_jsonl_with_half_a_surrogate_pair_names_file_and_line(tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_text(r'{"frage": "cut \ud83d", "weg": "w", "antwort": "1", "gruppe": "g"}' + "\n")
    with pytest.raises(RecordsError, match=r"f\.jsonl:1"):
        read(path)


def test_unknown_ending_and_missing_file_name_the_file(tmp_path):
    with pytest.raises(RecordsError, match=r"f\.txt: the file must end in \.jsonl, \.json, \.csv, \.tsv, \.parquet$"):
        read(tmp_path / "f.txt")
    with pytest.raises(RecordsError, match=r"f\.csv: no such file$"):
        read(tmp_path / "f.csv")
