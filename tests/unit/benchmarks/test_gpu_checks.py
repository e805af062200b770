"""The checks for a machine with a GPU, in their short form on this CPU, and the wheels that go there."""

import os
import subprocess
import sys
import time
from zipfile import ZipFile

import pytest

from benchmarks import gpu_checks
from benchmarks.gpu_wheels import requirements
from stages.core.files import read_json
from tests.unit.conftest import ROOT


@pytest.mark.slow
def test_short_checks_pass_on_a_cpu_and_training_in_shards_loses_as_much(tmp_path):
    command = [sys.executable, "-m", "benchmarks.gpu_checks", "--short", "--out", str(tmp_path)]
    subprocess.run([*command, "--checks", "trl", "fsdp", "engine"], cwd=ROOT, check=True)
    made = read_json(tmp_path / "gpu_checks.json")
    trl, fsdp, engine = made["checks"]
    assert trl["tokens_per_second"] > 0
    assert trl["merged_same"] == trl["merged_prompts"] == fsdp["merged_same"] == 8
    assert engine["tokens"] == 32  # 4 problems of 8 tokens
    assert [row["step"] for row in made["losses"]] == [1, 2, 3]  # 12 rows in batches of 4
    assert all(row["fsdp"] == pytest.approx(row["trl"], abs=1e-3) for row in made["losses"])
    assert all((tmp_path / f"gpu_checks_{name}.log").is_file() for name in ("trl", "fsdp", "engine"))


@pytest.mark.slow
def test_check_that_fails_is_a_row_with_its_last_line_and_stops_no_other(tmp_path):
    command = [sys.executable, "-m", "benchmarks.gpu_checks", "--short", "--out", str(tmp_path)]
    hidden = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run([*command, "--checks", "unsloth", "engine"], cwd=ROOT, env=hidden, check=False)
    unsloth, engine = read_json(tmp_path / "gpu_checks.json")["checks"]
    assert (done.returncode, unsloth["passed"], engine["passed"]) == (1, False, True)
    assert "needs a GPU, and torch sees none" in unsloth["fault"]


def test_command_that_takes_too_long_ends_with_what_it_started(tmp_path):
    reading, writing = os.pipe()
    started = time.monotonic()
    code = "import subprocess; subprocess.run(['sleep', '60'])"
    assert gpu_checks.run([sys.executable, "-c", code], tmp_path, writing, 3) is None
    os.close(writing)
    assert os.read(reading, 1) == b""  # once nobody can write any more
    assert time.monotonic() - started < 40
    os.close(reading)


def test_speed_is_that_of_the_second_half_of_the_steps():
    points = [{"step": step, "seconds": seconds} for step, seconds in [(1, 90.0), (2, 100.0), (3, 101.0), (4, 102.0)]]
    assert gpu_checks._speed(points, 400) == 100  # two of four steps, of 100 tokens each, in two seconds


def test_losses_of_trainings_stand_side_by_side_by_step():
    assert gpu_checks.side_by_side({"trl": {"1": 3.0, "2": 2.0}, "unsloth": {"2": 2.5}, "engine": {}}) == [
        {"step": 1, "trl": 3.0},
        {"step": 2, "trl": 2.0, "unsloth": 2.5},
    ]


@pytest.fixture
def make_wheel(tmp_path):
    def make(name, *required):
        wheel = tmp_path / f"{name}-1.0-py3-none-any.whl"
        with ZipFile(wheel, "w") as files:
            lines = ["Metadata-Version: 2.1", f"Name: {name}", *(f"Requires-Dist: {one}" for one in required)]
            files.writestr(f"{name}-1.0.dist-info/METADATA", "\n".join(lines))
        return wheel

    return make


def test_wheels_that_refuse_the_machine_or_each_other_are_named(make_wheel):
    wheels = [
        make_wheel("trainer", "torch>=2.4", "transformers<=5.16", "rows<1", "missing", 'old; python_version < "3.9"'),
        make_wheel("rows", 'extra_only<2; extra == "dev"'),
    ]
    refused, absent = requirements(wheels, {"torch": "2.11.0", "transformers": "5.17.0"})
    assert refused == [
        "trainer-1.0-py3-none-any.whl: wants transformers <=5.16, and it is 5.17.0",
        "trainer-1.0-py3-none-any.whl: wants rows <1, and it is 1.0",
    ]
    assert absent == ["missing"]
