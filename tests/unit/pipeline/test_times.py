"""The journal of stage times."""

from stages.pipeline import times


def test_last_run_of_a_stage_counts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    times.record("train@iter1", 9.04)
    times.record("predict@iter1", 3.0)
    times.record("train@iter1", 12.26)
    found = times.latest(["train@iter1", "predict@iter1", "report"])
    assert {stage: run["seconds"] for stage, run in found.items()} == {"train@iter1": 12.3, "predict@iter1": 3.0}
    assert found["train@iter1"]["finished"].endswith("+00:00")


def test_experiment_takes_stages_that_it_did_not_run_from_its_repository_and_from_no_other(tmp_path, monkeypatch):
    for name, seconds in (("repository", 1.0), ("other", 2.0)):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        times.record("train@iter1", seconds)
        times.record("predict@iter1", seconds)
    (tmp_path / "experiment").mkdir()
    monkeypatch.chdir(tmp_path / "experiment")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path / "repository"))
    times.record("train@iter1", 3.0)
    found = times.latest(["train@iter1", "predict@iter1"])
    assert {stage: run["seconds"] for stage, run in found.items()} == {"train@iter1": 3.0, "predict@iter1": 1.0}


def test_nothing_recorded_is_no_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert times.latest(["train@iter1"]) == {}
