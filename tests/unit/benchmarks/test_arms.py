"""Params of a project that a benchmark lays over its own for a while."""

from pathlib import Path

import pytest
import yaml

from benchmarks import arms


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "params.yaml").write_text("# a comment\nseed: 0\ntrain: {epochs: 2}\n")
    return tmp_path


def seed(project: Path) -> int:
    return yaml.safe_load((project / "params.yaml").read_text())["seed"]


def killed(project: Path) -> None:
    """Leave a project as a killed run leaves it: changed, with the backup."""
    with arms.laid_over(project, {"seed": 7}):
        left = {path: path.read_bytes() for path in (project / "params.yaml", project / ".sei/given_params.json")}
    for path, content in left.items():
        path.write_bytes(content)


def test_params_are_changed_during_the_block_and_are_as_they_were_after_it(project):
    given = (project / "params.yaml").read_text()
    with arms.laid_over(project, {"seed": 3, "train.epochs": 1}):
        assert yaml.safe_load((project / "params.yaml").read_text()) == {"seed": 3, "train": {"epochs": 1}}
    assert (project / "params.yaml").read_text() == given


def test_what_a_killed_run_left_is_put_back(project):
    given = (project / "params.yaml").read_text()
    killed(project)
    assert seed(project) == 7
    with arms.laid_over(project, {}):
        assert seed(project) == 0
    assert (project / "params.yaml").read_text() == given


def test_an_edit_after_a_killed_run_stays(project):
    killed(project)
    (project / "params.yaml").write_text("seed: 5\n")
    with arms.laid_over(project, {}):
        pass
    assert seed(project) == 5
