"""With what a run was made."""

import subprocess
from importlib import metadata
from pathlib import Path

import pytest

from stages.pipeline import times
from stages.reporting import provenance

ROOT = Path(__file__).parents[3]
PAID = {"requests": 12, "input_tokens": 3000, "output_tokens": 900, "dollars": 0.25}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A repository of one commit with the project's own settings."""
    monkeypatch.chdir(tmp_path)
    for name in ("params.yaml", "dvc.yaml", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.invalid"]
    for command in (["init", "--quiet"], ["add", "-A"], [*identity, "commit", "--quiet", "-m", "one"]):
        subprocess.run(["git", *command], check=True)
    return tmp_path


def test_provenance_names_commit_packages_and_machine(project):
    found = provenance.collect(["iter1"], PAID)
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    assert found["git"] == {"commit": head, "changed": False}
    assert found["packages"]["torch"] == metadata.version("torch")
    assert "websockets" not in found["packages"]
    assert found["machine"]["cores"] >= 1
    assert found["machine"]["memory_gb"] > 0
    assert found["instructor"] == {"provider": "symbolic"}
    assert str(project) not in str(found)


def test_changed_settings_are_told_and_changed_results_are_not(project):
    for name in ("reports", "metrics"):
        (project / name).mkdir()
        (project / name / "x.json").write_text("{}")
    subprocess.run(["git", "add", "-A"], check=True)
    assert provenance.collect([], PAID)["git"]["changed"] is False
    (project / "params.yaml").write_text((project / "params.yaml").read_text() + "\n")
    assert provenance.collect([], PAID)["git"]["changed"] is True


@pytest.mark.usefixtures("project")
def test_times_are_those_of_the_given_iterations_in_the_order_of_the_pipeline():
    for stage in ("train@iter1", "predict@iter1", "train@gone", "prepare_problems"):
        times.record(stage, 1.5)
    found = provenance.collect(["iter1"], PAID)
    assert list(found["stages"]) == ["prepare_problems", "predict@iter1", "train@iter1"]
    assert provenance.total_seconds(found) == 4.5
    assert "evaluate@iter1" in found["untimed"]
    assert not {"report", "train@iter1", "train@gone"} & set(found["untimed"])


def test_model_behind_a_server_is_named(project):
    text = (project / "params.yaml").read_text()
    (project / "params.yaml").write_text(text.replace("provider: symbolic ", "provider: openai "))
    assert provenance.collect([], PAID)["instructor"] == {
        "provider": "openai", "model": "gpt-4o", "served": [], "paid": PAID,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("instructor", "line"),
    [
        pytest.param({"provider": "symbolic"}, "symbolic; no paid model was asked", id="symbolic"),
        pytest.param(
            {"provider": "openai", "model": "m", "served": ["m-0806"], "paid": PAID},
            "m (served as m-0806), 12 requests, $0.25",
            id="priced",
        ),
        pytest.param(
            {"provider": "openai", "model": "m", "served": [], "paid": PAID | {"dollars": None}},
            "m, 12 requests, no price known",
            id="unpriced",
        ),
    ],
)
def test_line_on_the_instructor_says_who_and_what_it_cost(instructor, line):
    assert provenance.instructed_by({"instructor": instructor}) == line


@pytest.mark.usefixtures("project")
def test_folder_outside_git_has_no_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    assert provenance.collect([], PAID)["git"] == {"commit": None, "changed": False}


def test_provenance_that_was_never_written_is_none(tmp_path):
    assert provenance.load(tmp_path / "provenance.json") is None
