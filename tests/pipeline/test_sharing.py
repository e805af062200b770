"""A team with a remote: what one has run, another sees, pulls and goes on from, in real clones."""

import pytest

from stages.core.files import directory_hash
from tests.pipeline.sharing import give, local


@pytest.fixture(scope="module")
def shared(finished, tmp_path_factory):
    """The finished project, pushed with its run cache to a folder on this machine."""
    folder = tmp_path_factory.mktemp("shared")
    project = finished.copy(folder / "project")
    give(project, local(folder / "remote"))
    return project


@pytest.fixture
def clone(shared, tmp_path):
    return shared.clone(tmp_path / "clone")


def test_newcomer_gets_one_checkpoint_and_nothing_else(shared, clone):
    clone.run("dvc", "pull", "models/iter2")
    assert directory_hash(clone.path / "models" / "iter2") == directory_hash(shared.path / "models" / "iter2")
    assert not (clone.path / "models" / "iter1").exists()
    assert not (clone.path / "data" / "iter2").exists()


def test_pulled_clone_is_up_to_date(clone):
    clone.run("dvc", "pull")
    assert "up to date" in clone.run("dvc", "status").stdout
    assert clone.repro() == []


def test_clone_without_data_runs_only_what_a_changed_param_touches(clone):
    assert clone.repro("--pull", "--allow-missing") == []
    assert not (clone.path / "data" / "iter1").exists()
    clone.set({"select_data.keep.value": 1.0})
    assert clone.repro("--pull", "--allow-missing", "evaluate@iter1") == [
        "check_params",
        *(f"{stage}@iter1" for stage in ("select_data", "assemble_training_set", "train", "evaluate")),
    ]


def test_run_cache_restores_what_the_lock_file_does_not_name(clone):
    (clone.path / "dvc.lock").unlink()
    done = clone.run("dvc", "repro", "--pull", "evaluate@iter1")
    assert "Running stage" not in done.stdout
    assert "Stage 'evaluate@iter1' is cached" in done.stdout
    assert "up to date" in clone.run("dvc", "status", "evaluate@iter1").stdout


def test_conflict_in_the_lock_file_is_resolved_by_taking_one_side(copy):
    for branch, keep in [("theirs", 1.0), ("ours", 0.25)]:
        copy.run("git", "switch", "--quiet", "--create", branch, "HEAD" if branch == "theirs" else "HEAD~1")
        copy.set({"select_data.keep.value": keep})
        copy.repro("select_data@iter1")
        copy.commit(branch)
    assert copy.run("git", "merge", "theirs", check=False).returncode != 0
    assert "possible merge conflicts" in copy.run("dvc", "status", check=False).stderr
    copy.run("git", "checkout", "--ours", "params.yaml", "dvc.lock", "reports")
    assert copy.repro("--pull", "--allow-missing", "select_data@iter1") == []
    copy.commit("merge")
