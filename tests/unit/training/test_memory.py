"""What a training needs in memory, before it needs it."""

import logging
import re

import pytest
import torch

from stages.core.exceptions import TrainingError
from stages.training import fitting, memory, whole_models
from stages.training.backends import trl
from stages.training.job import Job
from stages.training.methods import sft
from tests.unit.training import conftest as training


@pytest.fixture
def job(chat, make_row, tiny_target, tmp_path):
    rows = training.encoded(training.doubles(make_row, [1, 20, 3000, 4, 5]), chat)
    made = Job(rows, tiny_target, training.SETTINGS, "float32", "cpu", 1, 0, "f", tmp_path / "c", tmp_path / "a")
    made.checkpoints.mkdir(parents=True)
    return made


def test_one_line_says_what_training_takes(job, caplog):
    trainer = fitting.make_trainer(job, trl.load)
    longest = max(len(row["input_ids"]) for row in job.rows)
    with caplog.at_level(logging.INFO, "stages.training.memory"):
        memory.check(trainer, job.rows, 2)
    (line,) = caplog.messages
    found = re.fullmatch(
        rf"training takes about (\d+\.\d) GB of memory: 2 rows of up to {longest} tokens at once "
        r"\(runtime\.micro_batch\)",
        line,
    )
    assert found
    assert 0.2 < float(found[1]) < 8


def test_check_changes_neither_gradients_nor_random_numbers(job):
    trainer = fitting.make_trainer(job, trl.load)
    state = torch.get_rng_state()
    memory.check(trainer, job.rows, 2)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(parameter.grad is None for parameter in trainer.model.parameters())


def peaks(monkeypatch, one, two, free, states=0):
    """Let the model's size be 1 GB, and one and two rows take so many GB more of so many free ones."""
    sizes = iter([one, two])
    monkeypatch.setattr(memory, "_resident", lambda _: 10**9)
    monkeypatch.setattr(memory, "_peak", lambda *_: int((1 + next(sizes)) * 10**9))
    monkeypatch.setattr(memory, "_states", lambda _: int(states * 10**9))
    monkeypatch.setattr(memory, "free_bytes", lambda: int(free * 10**9))


@pytest.mark.parametrize(
    ("free", "mend"),
    [
        pytest.param(9.5, r"set runtime\.micro_batch: 4", id="half"),  # 3 + 2 a row
        pytest.param(3.5, r"set runtime\.micro_batch: 1", id="one-row"),
        pytest.param(2.5, r"lower train\.max_length", id="none"),
    ],
)
def test_more_than_there_is_is_an_error_that_says_what_to_lower(job, monkeypatch, free, mend):
    peaks(monkeypatch, one=3, two=5, free=free)
    with pytest.raises(
        TrainingError, match=rf"8 rows of up to \d+ tokens at once would take about 17\.0 GB .* {free} GB.*: {mend} in"
    ):
        memory.check(None, job.rows, 8)


def test_what_the_optimizer_keeps_is_counted(job, monkeypatch):
    peaks(monkeypatch, one=3, two=5, free=9.5, states=4)
    with pytest.raises(TrainingError, match=r"would take about 21\.0 GB .*: set runtime\.micro_batch: 2 in"):
        memory.check(None, job.rows, 8)


def test_optimizer_keeps_two_numbers_for_each_trained_weight(job):
    # Rank 2, width 32: in each of 2 layers q_proj from 32 to 32, v_proj from 32 to 16; 4 bytes a number.
    assert memory._states(fitting.make_trainer(job, trl.load)) == 2 * 4 * 2 * (2 * (32 + 32) + 2 * (32 + 16))
    whole = fitting.make_trainer(job, whole_models.load)
    assert memory._states(whole) == 2 * 4 * sum(parameter.numel() for parameter in whole.model.parameters())


def test_training_for_which_there_is_too_little_memory_does_not_begin(job, monkeypatch):
    monkeypatch.setattr(memory, "free_bytes", lambda: 0)
    with pytest.raises(TrainingError, match=r"2 rows of up to .*: lower train\.max_length"):
        sft.run(job)
    assert not job.out.exists()


@pytest.mark.parametrize(
    ("cgroup", "files", "expected"),
    [
        pytest.param("0::/", {}, 8_192_000, id="no-limit"),
        pytest.param("0::/", {"memory.max": "max", "memory.current": "9"}, 8_192_000, id="max"),
        pytest.param("0::/a/b", {"memory.max": "5000", "memory.current": "3000"}, 2300, id="whole-container"),
        pytest.param("0::/a/b", {"a/memory.max": "5000", "a/memory.current": "3000"}, 2300, id="a-group-above"),
        pytest.param(
            "4:memory:/job", {"memory/job/memory.limit_in_bytes": "5000", "memory/job/memory.usage_in_bytes": "100"},
            5200, id="version-1",
        ),
    ],
)  # fmt: skip
def test_free_memory_is_the_least_of_the_machines_and_the_control_groups(tmp_path, cgroup, files, expected):
    top = tmp_path / "sys/fs/cgroup"
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/meminfo").write_text("MemTotal:  16000 kB\nMemAvailable:   8000 kB\n")
    (tmp_path / "proc/self/cgroup").write_text(f"1:cpu:/elsewhere\n{cgroup}\n")
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
        (path.parent / "memory.stat").write_text("anon 7\ninactive_file 200\nactive_file 100\ntotal_active_file 9\n")
    assert memory.free_bytes(tmp_path) == expected
