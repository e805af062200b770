"""The whole pipeline with `instructor.provider: openai`, against a teacher on this machine."""

import json
import secrets

import pytest
import yaml

from tests.pipeline.conftest import small_project
from tests.pipeline.replaying_teacher import ReplayingTeacher
from tests.pipeline.test_whole_pipeline import read, stages_of

KEY = f"sk-{secrets.token_hex(16)}"  # random: the project under test holds a copy of this file


@pytest.fixture(scope="module")
def teacher():
    with ReplayingTeacher() as teacher:
        yield teacher


@pytest.fixture(scope="module")
def taught(tmp_path_factory, tiny_model, teacher):
    """A project in which `dvc repro` has run all stages of one iteration once, with the teacher."""
    values = {
        "iterations": {"iter1": {"parent": "base"}},
        "instructor.provider": "openai",
        "instructor.openai.base_url": teacher.url,
    }
    project = small_project(tmp_path_factory.mktemp("taught"), tiny_model, **values)
    project.env["OPENAI_API_KEY"] = KEY
    project.first_run = project.repro()
    project.commit("results")
    return project


def stages_with_an_instructor(project):
    """Return the names of the stages that declare a param of the instructor."""
    pipeline = yaml.safe_load((project.path / "dvc.yaml").read_text())["stages"]
    names = [
        name
        for name, entry in pipeline.items()
        if any("instructor" in p for p in entry.get("do", entry).get("params", []))
    ]
    return {f"{name}@iter1" for name in names}


def test_whole_pipeline_runs_with_a_language_model(taught, teacher):
    assert stages_of("iter1") | {"report"} <= set(taught.first_run)
    folder = taught.path / "data" / "iter1"
    assert [row["failure"] for row in read(folder / "keyphrases.jsonl")] == [None] * len(
        read(folder / "bad_cases.jsonl")
    )
    assert read(folder / "synthetic.jsonl")
    assert len(teacher.requests) >= len(read(folder / "bad_cases.jsonl"))


def test_no_request_is_made_twice(taught, teacher):
    assert taught.first_run
    asked = [json.dumps(body, sort_keys=True) for body in teacher.requests]
    assert len(set(asked)) == len(asked) > 0


def test_second_repro_runs_and_asks_nothing(taught, teacher):
    before = len(teacher.requests)
    assert taught.repro() == []
    assert len(teacher.requests) == before


def test_forced_stage_asks_nothing_again(taught, teacher):
    before = len(teacher.requests)
    assert taught.repro("--force", "--single-item", "generate_keyphrases@iter1") == ["generate_keyphrases@iter1"]
    assert len(teacher.requests) == before
    assert taught.run("git", "status", "--short").stdout == ""


def test_key_is_in_no_file_of_the_project(taught):
    files = [path for path in taught.path.rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(files) > 100
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


def test_another_model_with_the_same_replies_reruns_the_stages_that_ask_and_the_report_of_costs(taught, teacher):
    before = len(teacher.requests)
    taught.set({"instructor.openai.model": "another"})
    users = stages_with_an_instructor(taught)
    assert len(users) >= 4
    # `another` has no price in params.yaml, so that the dollars in the report change.
    assert set(taught.repro()) == users | {"check_params", "report"}
    assert {body["model"] for body in teacher.requests[before:]} == {"another"}
    assert len(teacher.requests) == 2 * before
