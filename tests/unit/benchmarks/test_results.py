"""Figures in README and docs are those that a benchmark wrote."""

import pytest

from benchmarks import results
from stages.core.files import read_json
from tests.unit.conftest import ROOT

PAGES = [path for pattern in results.PAGES for path in sorted(ROOT.glob(pattern))]
FIGURES = sorted((ROOT / "benchmarks" / "results").glob("*.json"))


def test_pages_and_figures_are_found():
    assert ROOT / "README.md" in PAGES
    assert len(PAGES) > 5
    assert FIGURES


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_tables_of_a_page_are_those_of_the_results(path):
    page = path.read_text(encoding="utf-8")
    assert results.filled(page, ROOT) == page


@pytest.mark.parametrize("path", FIGURES, ids=lambda path: path.stem)
def test_result_tells_command_processor_date_and_rows(path):
    found = read_json(path)
    head = {"command", "cores", "date", "processor"}
    assert head < set(found)
    for part in set(found) - head:
        assert found[part]
        assert all(isinstance(row, dict) for row in found[part])


def test_table_takes_the_named_columns_under_their_headings():
    rows = [{"engine": "vllm", "rate": 4300, "seconds": 1.5}, {"engine": "transformers", "rate": 57}]
    assert results.table(rows, "engine, rate = tokens a second, seconds") == (
        "| engine | tokens a second | seconds |\n|---|---|---|\n| vllm | 4,300 | 1.5 |\n| transformers | 57 |  |\n"
    )


def test_column_that_no_row_has_is_an_error():
    with pytest.raises(ValueError, match="no row has speed"):
        results.table([{"engine": "vllm"}], "engine, speed")


def test_result_of_another_process_keeps_that_ones_processor(tmp_path):
    results.write("run", [{"minutes": 15}], tmp_path, processor="another", cores=64)
    found = read_json(tmp_path / "run.json")
    assert (found["processor"], found["cores"], found["rows"]) == ("another", 64, [{"minutes": 15}])


def test_written_result_fills_the_page_that_names_it(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["/somewhere/benchmarks/speed.py", "--limit", "3"])
    results.write("speed", [{"what": "all", "rate": 12}], tmp_path / "benchmarks" / "results")
    found = read_json(tmp_path / "benchmarks" / "results" / "speed.json")
    assert found["command"] == "python -m benchmarks.speed --limit 3"
    page = "Before.\n<!-- benchmarks/results/speed.json: what, rate -->\nold\n<!-- end -->\nAfter.\n"
    assert results.filled(page, tmp_path) == page.replace("old\n", "| what | rate |\n|---|---|\n| all | 12 |\n")


def test_page_takes_the_rows_of_a_named_part_that_have_one_of_the_values(tmp_path):
    parts = {"arms": [{"arm": "sei", "n": 3}, {"arm": "base", "n": 4}, {"arm": "other", "n": 5}], "gains": [{"n": 1}]}
    results.write("proof", parts, tmp_path / "benchmarks" / "results")
    page = "<!-- benchmarks/results/proof.json#arms[arm=base|sei]: arm, n -->\n<!-- end -->\n"
    assert results.filled(page, tmp_path) == page.replace(
        "-->\n<!-- end", "-->\n| arm | n |\n|---|---|\n| sei | 3 |\n| base | 4 |\n<!-- end"
    )
