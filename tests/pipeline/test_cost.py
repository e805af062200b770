"""The cost model held against a run of all stages."""

import sys


def check(project, *arguments):
    return project.run(sys.executable, "-m", "benchmarks.cost", *arguments, check=False)


def test_predicted_tokens_of_a_finished_run_are_within_15_percent(finished):
    # The tiny random model solves nothing, before training or after.
    done = check(finished, "--assume", "bad_base=1", "--assume", "bad_later=1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "| train@iter2 |" in done.stdout
    assert "| total |" in done.stdout


def test_prediction_that_is_far_off_ends_with_an_error(finished):
    # No bad case: no development case, so that no trial is predicted, while the run had two for each candidate.
    done = check(finished, "--assume", "bad_base=0", "--assume", "bad_later=0")
    assert done.returncode == 1
    assert done.stderr == "error: benchmarks.cost: the totals differ by more than 15%\n"
