"""The same remote behind real servers: push, clone elsewhere, pull, and run only what changed."""

import pytest

from stages.core.files import directory_hash
from tests.pipeline import servers
from tests.pipeline.sharing import give, take_keys

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("serve", [servers.ssh, servers.webdav, servers.s3], ids=["ssh", "webdav", "s3"])
def test_results_travel_through_a_server(serve, finished, tmp_path):
    (tmp_path / "server").mkdir()
    with serve(tmp_path / "server") as remote:
        project = finished.copy(tmp_path / "project")
        give(project, remote)
        assert any(remote.data.rglob("runs")), "the run cache was not pushed"
        clone = project.clone(tmp_path / "clone")
        take_keys(clone, remote)
        assert not set(remote.keys.values()) & set((clone.path / ".dvc" / "config").read_text().split())
        assert clone.run("git", "status", "--short").stdout == ""

        assert clone.repro("--pull", "--allow-missing") == []
        assert not (clone.path / "models" / "iter2").exists()
        clone.run("dvc", "pull", "models/iter2")
        assert directory_hash(clone.path / "models" / "iter2") == directory_hash(project.path / "models" / "iter2")

        clone.set({"select_data.keep.value": 1.0})
        assert clone.repro("--pull", "--allow-missing", "assemble_training_set@iter1") == [
            "check_params",
            "select_data@iter1",
            "assemble_training_set@iter1",
        ]
