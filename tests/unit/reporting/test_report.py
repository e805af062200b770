"""The stage: every file it writes, from what the other stages wrote."""

import json
from dataclasses import fields, replace

import pytest

from stages import report
from stages.core.files import write_json
from stages.core.params import Iteration
from stages.reporting import provenance, text
from tests.unit.conftest import ROOT
from tests.unit.reporting.conftest import write_metrics

PARAMS = report.Params({"iter1": Iteration("base")})


@pytest.fixture
def paths(tmp_path, monkeypatch, results, traces):
    """A project outside git, with the metrics and the traced cases of one iteration that has no training curve."""
    monkeypatch.chdir(tmp_path)
    for name in ("params.yaml", "dvc.yaml", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    write_metrics(tmp_path / "metrics", results)
    write_json(tmp_path / "cases" / "iter1.json", traces[0])
    folders = {name: tmp_path / name for name in ("metrics", "curves", "cases")}
    outputs = {
        field.name: tmp_path / "reports" / field.name for field in fields(report.Paths) if field.name not in folders
    }
    return report.Paths(**folders, **outputs)


def test_stage_writes_every_report_and_prints_the_accuracies(paths, capsys):
    assert report.main(paths, PARAMS) == {"iterations": 1, "page": paths.page}
    written = {path.name for path in paths.page.parent.iterdir()}
    inputs = {"metrics", "curves", "cases"}
    assert written == {field.name for field in fields(report.Paths)} - inputs | {"provenance.json"}
    assert "iter1 against base on test/sums: 22 fixed, 2 broken" in capsys.readouterr().out
    assert paths.accuracy.read_text().startswith(
        "iteration,depth,problem_set,scored,correct,accuracy,low,high,samples,majority,majority_low,majority_high\nbase,0,"
    )
    assert json.loads(paths.summary.read_text())["test"]["gain"] == 0.25


def test_text_is_written_as_it_is_rendered(paths, results):
    report.main(paths, PARAMS)
    (one,) = results.iterations
    made = provenance.load(paths.page.with_name("provenance.json"))
    shown = replace(results, iterations=[replace(one, loss=[])], provenance=made)
    assert paths.text.read_text() == text.render(shown) + "\n"
