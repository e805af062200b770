"""`kill -9` in the middle of a stage: what was finished is not done again."""

import json
import os
import signal

from tests.waiting import wait_for


def journal_lines(project):
    """Return the complete lines of the only journal there is."""
    journals = list((project.path / ".sei" / "journal").glob("*.jsonl"))
    assert len(journals) <= 1
    return journals[0].read_text().splitlines() if journals else []


def saved_steps(checkpoints):
    """Return the steps of the checkpoints that are whole: their state is written last."""
    return [
        int(state.parent.name.rpartition("-")[2]) for state in checkpoints.glob("*/checkpoint-*/trainer_state.json")
    ]


def test_killed_predict_repeats_no_finished_generation(project):
    # One problem a batch, and generations long enough to be caught in the middle.
    project.set({"runtime.batch_tokens": 1, "generation.max_new_tokens": 300})
    project.repro("prepare_problems", "check_target")
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


def test_killed_selection_repeats_no_finished_round(copy):
    # One trial a round, and generations long enough to be caught in the middle.
    copy.set({"runtime.batch_tokens": 1, "generation.max_new_tokens": 300, "select_data.score": "accuracy"})
    copy.repro("synthesize_data@iter1")
    folder = copy.path / ".sei" / "journal"
    earlier = set(folder.glob("*.jsonl"))

    def lines():
        new = [line for path in set(folder.glob("*.jsonl")) - earlier for line in path.read_text().splitlines()]
        return [line for line in new if '"generation/' in line]

    running = copy.start("dvc", "repro", "select_data@iter1")
    wait_for(lines)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    before = lines()
    copy.repro("select_data@iter1")
    after = lines()
    assert after[: len(before)] == before
    keys = [json.loads(line)["key"] for line in after]
    assert len(before) < len(keys) == len(set(keys))


def test_killed_training_goes_on_from_its_checkpoint_to_the_same_adapter(copy):
    copy.set({"train.epochs": 60})
    checkpoints = copy.path / ".sei" / "checkpoints"
    running = copy.start("dvc", "repro", "train@iter1")
    wait_for(lambda: max(saved_steps(checkpoints), default=0) >= 2)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert 2 <= max(saved_steps(checkpoints)) < 60
    copy.repro("train@iter1")
    interrupted = (copy.path / "models" / "iter1" / "adapter_model.safetensors").read_bytes()
    assert saved_steps(checkpoints) == []
    copy.repro("--force", "--single-item", "train@iter1")
    assert (copy.path / "models" / "iter1" / "adapter_model.safetensors").read_bytes() == interrupted
