"""Fixtures: a tiny model, and a project whose whole pipeline has been run with it once."""

import json
import os

import pytest

from stages.core.locks import exclusive
from tests.pipeline.project import Project
from tests.tiny import write_model

SMALL = {
    "dtype": "float32",
    "prepare_problems.sets.procedural.limit": 16,
    "prepare_problems.sets.procedural.test": 4,
    "prepare_problems.sets.procedural.ood": 2,
    "prepare_problems.sets.procedural.ood_groups": 1,
    "fetch_target.source": "local",
    "generation.max_new_tokens": 6,
    "synthesize_data.amount.candidates": 4,
    "synthesize_data.amount.problems_per_request": 2,
    "synthesize_data.amount.attempts": 10,
    "select_data.bad_cases": 2,
    "select_data.good_cases": 1,
    "select_data.keep.value": 0.5,
    "train.epochs": 3,
    "train.max_length": 4096,
    "train.lora": {"rank": 2, "alpha": 4, "dropout": 0.0, "target_modules": ["q_proj", "v_proj"]},
    "runtime.threads": 1,
    "runtime.batch_tokens": 4000,
}


def small_project(folder, model, **values):
    project = Project(folder / "project")
    project.set({**SMALL, "fetch_target.local.path": str(model), **values})
    project.commit("settings of the test")
    return project


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("tiny-model"))


@pytest.fixture
def project(tmp_path, tiny_model):
    """A clone, set up for the tiny model, in which nothing has run."""
    return small_project(tmp_path, tiny_model)


@pytest.fixture(scope="session")
def finished(tmp_path_factory, tiny_model):
    """A project in which `dvc repro` has run all stages; for tests that only look, or that copy it.

    The first of pytest's processes that wants it runs it, and the others take a copy.
    """
    of_all = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        of_all = of_all.parent
    done = of_all / "finished.json"
    with exclusive(of_all / "finished.lock", "the finished project"):
        if not done.exists():
            project = small_project(of_all / "finished", tiny_model)
            stages = project.repro()
            project.commit("results")
            done.write_text(json.dumps(stages))
    project = Project.at(of_all / "finished" / "project").copy(tmp_path_factory.mktemp("finished") / "project")
    project.first_run = json.loads(done.read_text())
    return project


@pytest.fixture
def copy(finished, tmp_path):
    """A copy of the finished project, to change."""
    return finished.copy(tmp_path / "project")
