"""Local files: JSON lines, CSV and Parquet say the same."""

import json
from decimal import Decimal

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
        pytest.param("[1, 2]", "[1, 2]", id="list"),
        pytest.param("[145.0]", "145", id="list-of-one"),
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


def test_csv_with_a_byte_order_mark_keeps_its_first_column(tmp_path):
    path = tmp_path / "f.csv"
    path.write_text("frage,weg,antwort,gruppe\n?,w,1,g\n", encoding="utf-8-sig")
    assert read(path)[0].question == "?"


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
    with pytest.raises(RecordsError, match=r"f\.txt: the file must end in \.jsonl, \.csv, \.parquet$"):
        read(tmp_path / "f.txt")
    with pytest.raises(RecordsError, match=r"f\.csv: no such file$"):
        read(tmp_path / "f.csv")
