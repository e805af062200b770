"""With what a run was made."""

import json
import subprocess
from dataclasses import asdict, replace
from hashlib import md5
from importlib import metadata
from pathlib import Path

import pytest
import yaml

from stages.core import times
from stages.core.metrics import Usage
from stages.reporting import provenance
from tests.unit.conftest import ROOT

PAID = Usage(requests=12, input_tokens=3000, output_tokens=900, dollars=0.25)
UNPRICED = asdict(replace(PAID, dollars=None))
SERVED = {
    "provider": "openai",
    "providers": {},
    "models": {"openai": {"name": "m", "served": ["m-0806"]}},
    "paid": asdict(PAID),
}
SYMBOLIC = SERVED | {"provider": "symbolic", "models": {}}


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
    found = provenance.collect(["iter1"], PAID, None)
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    assert found["git"] == {"commit": head, "changed": False}
    assert found["packages"]["torch"] == metadata.version("torch")
    assert "websockets" not in found["packages"]
    assert found["machine"]["cores"] >= 1
    assert found["machine"]["memory_gb"] > 0
    assert found["instructor"] == SYMBOLIC
    assert str(project) not in str(found)


def test_changed_settings_are_told_and_changed_results_are_not(project):
    (project / "reports").mkdir()
    (project / "reports" / "x.json").write_text("{}")
    subprocess.run(["git", "add", "-A"], check=True)
    assert provenance.collect([], PAID, None)["git"]["changed"] is False
    (project / "params.yaml").write_text((project / "params.yaml").read_text() + "\n")
    assert provenance.collect([], PAID, None)["git"]["changed"] is True


def run(folder, stage, seconds, text):
    """Write an output of a stage, record that, and return its entry in dvc.lock."""
    path = Path(f"{stage}.json")
    (folder / path).write_text(text)
    times.record(stage, seconds, [path])
    return {"outs": [{"path": path.as_posix(), "md5": md5(text.encode()).hexdigest()}]}


def write_lock(folder, stages):
    (folder / "dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}))


def seconds(found):
    return {stage: run["seconds"] for stage, run in found["stages"].items()}


def test_times_are_those_of_the_given_iterations_in_the_order_of_the_pipeline(project):
    stages = ("train@iter1", "predict@iter1", "train@gone", "prepare_problems")
    write_lock(project, {stage: run(project, stage, 1.5, stage) for stage in stages})
    found = provenance.collect(["iter1"], PAID, None)
    assert list(found["stages"]) == ["prepare_problems", "predict@iter1", "train@iter1"]
    assert provenance.total_seconds(found) == 4.5
    assert "evaluate@iter1" in found["untimed"]
    assert not {"report", "train@iter1", "train@gone"} & set(found["untimed"])


def test_times_of_pulled_results_are_those_that_came_with_them(project, monkeypatch):
    entries = {stage: run(project, stage, 90.0, "pulled") for stage in ("train@iter1", "predict@iter1")}
    write_lock(project, entries)
    came = provenance.collect(["iter1"], PAID, None)
    monkeypatch.setenv("SEI_CACHE", str(project / "elsewhere"))
    write_lock(project, entries | {"train@iter1": run(project, "train@iter1", 30.0, "run here")})
    found = provenance.collect(["iter1"], PAID, came)
    assert seconds(found) == {"predict@iter1": 90.0, "train@iter1": 30.0}
    write_lock(project, {stage: entry | {"outs": []} for stage, entry in entries.items()})
    assert seconds(provenance.collect(["iter1"], PAID, came)) == {}


def test_minutes_add_up_the_iterations_of_a_stage(provenance_of):
    made = provenance_of({"predict@iter1": 30.0, "predict@iter2": 60.0, "fetch_target": 3.0})
    assert provenance.minutes(made) == {"predict": 1.5, "fetch_target": 0.05, "total": 1.55}


def test_minutes_of_a_stage_with_a_run_that_is_not_known_are_none(provenance_of):
    made = provenance_of({"predict@iter1": 30.0, "fetch_target": 3.0}, ["predict@iter2", "compare@iter1"])
    assert provenance.minutes(made) == {"predict": None, "fetch_target": 0.05, "compare": None, "total": None}


@pytest.fixture
def provenance_of():
    def make(seconds, untimed=()):
        return {"stages": {stage: {"seconds": value} for stage, value in seconds.items()}, "untimed": list(untimed)}

    return make


def test_model_behind_a_server_is_named(project):
    text = (project / "params.yaml").read_text()
    (project / "params.yaml").write_text(text.replace("provider: symbolic ", "provider: openai "))
    models = {"openai": {"name": "gpt-4o", "served": []}}
    assert provenance.collect([], PAID, None)["instructor"] == SERVED | {"models": models}


def test_local_model_is_named_by_its_source(project):
    text = (project / "params.yaml").read_text()
    (project / "params.yaml").write_text(text.replace("provider: symbolic ", "provider: local "))
    models = {"local": {"name": "Qwen/Qwen2.5-Coder-1.5B-Instruct", "served": []}}
    assert provenance.collect([], PAID, None)["instructor"] == SERVED | {"provider": "local", "models": models}


def test_models_of_all_jobs_are_named_once_and_others_are_not(project):
    text = (project / "params.yaml").read_text()
    providers = {"problems": {"math": "openai", "gsm8k": "symbolic"}, "solutions": "openai"}
    (project / "params.yaml").write_text(text.replace("providers: {} ", f"providers: {json.dumps(providers)} "))
    found = provenance.collect([], PAID, None)["instructor"]
    assert found["providers"] == providers
    assert found["models"] == {"openai": {"name": "gpt-4o", "served": []}}


@pytest.mark.parametrize(
    ("instructor", "line"),
    [
        pytest.param(SYMBOLIC, "symbolic; no paid model was asked", id="symbolic"),
        pytest.param(SERVED, "m (served as m-0806), 12 requests, $0.25", id="priced"),
        pytest.param(SERVED | {"paid": UNPRICED}, "m (served as m-0806), 12 requests, no price known", id="unpriced"),
        pytest.param(
            SERVED | {"provider": "symbolic", "providers": {"problems": {"gsm8k": "symbolic", "math": "openai"}}},
            "symbolic; problems: gsm8k symbolic, math m (served as m-0806), 12 requests, $0.25",
            id="several",
        ),
    ],
)
def test_line_on_the_instructor_says_who_and_what_it_cost(instructor, line):
    assert provenance.instructed_by({"instructor": instructor}) == line


@pytest.mark.usefixtures("project")
def test_folder_outside_git_has_no_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    assert provenance.collect([], PAID, None)["git"] == {"commit": None, "changed": False}


def test_provenance_that_was_never_written_is_none(tmp_path):
    assert provenance.load(tmp_path / "provenance.json") is None
