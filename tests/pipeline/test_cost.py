"""The cost model held against a run of all stages."""

import sys

import yaml


def check(project, *arguments):
    return project.run(sys.executable, "-m", "benchmarks.cost", *arguments, check=False)


def test_predicted_tokens_of_a_finished_run_are_within_15_percent(finished):
    # The tiny random model solves nothing, before training or after.
    done = check(finished, "--assume", "bad_base=1", "--assume", "bad_later=1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| train@iter2 |" in done.stdout
    assert "| total |" in done.stdout


def test_prediction_for_more_problems_than_the_run_had_ends_with_an_error(finished, tmp_path):
    params = yaml.safe_load((finished.path / "params.yaml").read_text())
    params["prepare_problems"]["split"]["train"] = 1_000
    (tmp_path / "more.yaml").write_text(yaml.safe_dump(params))
    done = check(finished, "--params", str(tmp_path / "more.yaml"))
    assert done.returncode == 1
    assert done.stderr == "error: benchmarks.cost: the totals differ by more than 15%\n"
