"""`kill -9` in the middle of a stage: what was finished is not done again."""

import json
import os
import signal
import time


def wait_for(condition, seconds=120.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("waited in vain")


def journal_lines(project):
    """Return the complete lines of the only journal there is."""
    journals = list((project.path / ".sei" / "journal").glob("*.jsonl"))
    assert len(journals) <= 1
    return journals[0].read_text().splitlines() if journals else []


def test_killed_predict_repeats_no_finished_generation(project):
    # One problem a batch, and generations long enough to be caught in the middle.
    project.set({"runtime.batch_tokens": 1, "generation.max_new_tokens": 300})
    project.repro("prepare_problems", "fetch_target", "check_iterations")
    running = project.start("dvc", "repro", "predict@iter1")
    wait_for(lambda: len(journal_lines(project)) >= 3)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    before = journal_lines(project)
    assert 3 <= len(before) < 10
    project.repro("predict@iter1")
    after = journal_lines(project)
    assert after[: len(before)] == before
    keys = [json.loads(line)["key"] for line in after]
    assert len(keys) == len(set(keys)) == 10
