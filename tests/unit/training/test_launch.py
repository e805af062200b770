"""Training in several processes: the same as in one."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from stages.core.exceptions import ParamsError, TrainingError
from stages.core.runtime import Runtime
from stages.training import accelerate_config, launch
from stages.training import job as jobs
from stages.training.job import Job
from tests.unit.conftest import ROOT
from tests.unit.training import conftest as training

SETTINGS = replace(training.SETTINGS, epochs=2.0, batch_size=4)


@pytest.fixture
def make_job(chat, make_row, tiny_target, tmp_path):
    rows = training.encoded(training.doubles(make_row, range(8)), chat)

    def make(name):
        folder = tmp_path / name
        return Job(rows, tiny_target, SETTINGS, "float32", "cpu", 1, 0, name, folder / "curves", folder / "adapter")

    return make


def test_job_read_back_is_the_job_that_was_written(make_job, tmp_path):
    jobs.write(tmp_path / "job.json", make_job("a"))
    assert jobs.read(tmp_path / "job.json") == make_job("a")


def shared(processes, batch_size, backend="trl", config=None):
    runtime = Runtime(1, "cpu", processes, config, 1, "transformers")
    return launch.sharing(runtime, replace(SETTINGS, batch_size=batch_size, backend=backend))


@pytest.mark.parametrize(("processes", "batch_size"), [(1, 3), (2, 4), (4, 4)])
def test_processes_that_divide_the_batch_pass(processes, batch_size):
    assert shared(processes, batch_size) is None


def test_config_file_goes_with_trl_alone():
    config = str(ROOT / "configs" / "fsdp.yaml")
    assert shared(2, 4, config=config).machines == 1
    with pytest.raises(ParamsError, match=r"train\.backend unsloth takes no runtime\.accelerate_config"):
        shared(2, 4, "unsloth", config)


@pytest.mark.parametrize(("processes", "batch_size"), [(3, 4), (8, 4)])
def test_processes_that_do_not_divide_the_batch_are_refused(processes, batch_size):
    with pytest.raises(
        ParamsError, match=rf"batch_size {batch_size} cannot be shared by runtime\.processes {processes}"
    ):
        shared(processes, batch_size)


STAGE = """
import sys
from pathlib import Path
from stages.core import locks
from stages.training import job, launch
with locks.exclusive(Path(sys.argv[1]), "the same training") as lock:
    launch.train(job.read(Path(sys.argv[2])), 2, None, [lock])
"""
LAUNCHER = """
import os, signal, sys
print(os.getpid(), file=sys.stderr, flush=True)
signal.pause()
"""


def is_free(lock):
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_lock_of_a_killed_stage_stays_taken_until_its_training_processes_end(make_job, tmp_path):
    lock, job = tmp_path / "training.lock", tmp_path / "job.json"
    jobs.write(job, make_job("a"))
    # In place of accelerate's launcher one that trains for ever.
    launcher = tmp_path / "path" / "accelerate" / "commands" / "launch.py"
    launcher.parent.mkdir(parents=True)
    launcher.write_text(LAUNCHER)
    for package in launcher.parents[:2]:
        (package / "__init__.py").touch()
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "path")}
    command = [sys.executable, "-c", STAGE, str(lock), str(job)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as stage:
        launched = int(stage.stderr.readline())
        try:
            stage.kill()
            stage.wait()
            assert not is_free(lock)
        finally:
            os.kill(launched, signal.SIGKILL)
        stage.stderr.read()  # ends when nobody can write to it any more
    assert is_free(lock)


@pytest.mark.slow
def test_two_processes_end_with_the_adapter_of_one(make_job, tmp_path, scratch_folder):
    from safetensors.torch import load_file

    one = launch.train(make_job("one"), 1, None, [])
    two = launch.train(make_job("two"), 2, None, [])
    assert two.steps == one.steps == 4
    assert two.loss == pytest.approx(one.loss, rel=1e-4)
    weights = [load_file(tmp_path / name / "adapter" / "adapter_model.safetensors") for name in ("one", "two")]
    assert weights[0].keys() == weights[1].keys()
    for name, tensor in weights[0].items():
        assert torch.allclose(tensor, weights[1][name], atol=1e-4), name
    assert {path.name for path in (scratch_folder / "checkpoints").iterdir()} == {"one", "two"}
    points = [json.loads((tmp_path / name / "curves" / "metrics.json").read_text()) for name in ("one", "two")]
    assert points[0]["step"] == points[1]["step"]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["sft", "full"])
def test_two_processes_keep_the_epoch_that_one_keeps_by_the_same_losses(make_job, method):
    def train(name, processes):
        job = make_job(f"{method}-{name}")
        settings = replace(SETTINGS, method=method, validation=0.4, keep="best")
        # 5 rows in batches of 4: of the second one, a process has a row and its copy, the other one two copies.
        return launch.train(replace(job, settings=settings, validation=job.rows[3:]), processes, None, [])

    one, two = train("one", 1), train("two", 2)
    assert len(one.validation) == 3
    assert two.validation == pytest.approx(one.validation, rel=1e-4)
    assert two.kept_epoch == one.kept_epoch


KILLED = """
import os, sys
from pathlib import Path
from stages.training import adapters, curves, job
from stages.training.methods import sft
original = curves.callback
def killed(folder):
    callback = original(folder)
    def on_save(_args, state, _control, **_):
        if state.global_step == int(sys.argv[2]):
            os._exit(9)
    callback.on_save = on_save
    return callback
curves.callback = killed
job = job.read(Path(sys.argv[1]))
# Only the first process's clock counts.
model, _, writes = sft.fit(job, 0.0 if os.environ["RANK"] == "0" else 1e9)
if writes:
    adapters.save(model, job.out, job.start.base)
"""


@pytest.mark.slow
def test_two_processes_killed_in_the_middle_of_an_epoch_end_with_the_same_adapter(make_job, tmp_path, scratch_folder):
    (tmp_path / "script.py").write_text(KILLED)
    command = [sys.executable, "-m", "accelerate.commands.launch", "--num_machines", "1", "--multi_gpu"]
    command += ["--main_process_port", "0", "--num_processes", "2", "--mixed_precision", "no"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "ACCELERATE_USE_CPU": "true"}

    def run(name, killed_after):
        jobs.write(tmp_path / f"{name}.json", make_job(name))
        arguments = ["--dynamo_backend", "no", "script.py", f"{name}.json", str(killed_after)]
        return subprocess.run([*command, *arguments], cwd=tmp_path, env=environment, check=False).returncode

    assert run("whole", 0) == 0
    assert run("killed", 3) != 0
    saved = [path.name for path in (scratch_folder / "checkpoints" / "killed").glob("checkpoint-*")]
    assert saved == ["checkpoint-3"]  # of 2 epochs of 2 steps
    assert not (tmp_path / "killed" / "adapter").exists()
    assert run("killed", 0) == 0
    weights = [(tmp_path / name / "adapter" / "adapter_model.safetensors").read_bytes() for name in ("whole", "killed")]
    assert weights[0] == weights[1]


@pytest.mark.slow
def test_failure_of_a_process_is_told_and_leaves_no_adapter(make_job, tmp_path, capfd):
    job = make_job("a")
    lora = replace(SETTINGS.lora, target_modules=["no_such_layer"])
    job = replace(job, settings=replace(SETTINGS, lora=lora))
    with pytest.raises(TrainingError, match=r"one of the 2 training processes \(runtime\.processes\) failed"):
        launch.train(job, 2, None, [])
    assert "error: params.yaml: train.lora.target_modules: " in capfd.readouterr().err
    assert not (tmp_path / "a" / "adapter").exists()


CONFIG = """
distributed_type: MULTI_GPU
num_machines: {machines}
main_process_port: null
"""
SRUN = """#!/bin/sh
# In place of Slurm's: every node is this machine.
shift 3
for node in 0 1; do SLURM_NODEID=$node "$@" & done
wait
echo "$@" >> "$SRUN_CALLS"
"""


def write_config(folder, machines):
    path = folder / "accelerate.yaml"
    path.write_text(CONFIG.format(machines=machines))
    return accelerate_config.read(path, 2)


@pytest.mark.slow
def test_config_file_is_what_two_processes_are_launched_by(make_job, tmp_path):
    config = write_config(tmp_path, 1)
    one, two = (
        launch.train(make_job(name), processes, how, [])
        for name, processes, how in [("one", 1, None), ("two", 2, config)]
    )
    assert two.loss == pytest.approx(one.loss, rel=1e-4)
    config.path.write_text("distributed_type: NO_SUCH_TYPE\n")
    with pytest.raises(TrainingError, match="one of the 2 training processes"):
        launch.train(make_job("three"), 2, config, [])


@pytest.mark.slow
def test_on_two_machines_a_launcher_on_each_trains_as_one_process_does(make_job, tmp_path, monkeypatch):
    srun = tmp_path / "bin" / "srun"
    srun.parent.mkdir()
    srun.write_text(SRUN)
    srun.chmod(0o755)
    monkeypatch.setenv("PATH", f"{srun.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("SRUN_CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    one = launch.train(make_job("one"), 1, None, [])
    two = launch.train(make_job("two"), 2, write_config(tmp_path, 2), [])
    assert two.steps == one.steps
    assert two.loss == pytest.approx(one.loss, rel=1e-4)
    assert len((tmp_path / "calls").read_text().splitlines()) == 1


def test_several_machines_without_slurm_are_refused(make_job, tmp_path, monkeypatch):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with pytest.raises(ParamsError, match="num_machines 2 needs a Slurm job with as many nodes"):
        launch.train(make_job("a"), 2, write_config(tmp_path, 2), [])


SHARDED = """
import sys
from pathlib import Path
import torch
from peft import get_peft_model_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from stages.training import adapters, fitting, job
from stages.training.methods import sft
from stages.training.backends import trl
torch.distributed.init_process_group("gloo")
job = job.read(Path(sys.argv[1]))
torch.manual_seed(0)
model = trl.load(job)
for name, parameter in model.named_parameters():
    if parameter.requires_grad:
        torch.nn.init.normal_(parameter)
wanted = {name: weight.clone() for name, weight in get_peft_model_state_dict(model).items()}
mesh = init_device_mesh("cpu", (2,))
for layer in model.base_model.model.model.layers:
    fully_shard(layer, mesh=mesh)
fully_shard(model, mesh=mesh)
shards = [parameter.to_local().numel() < parameter.numel() for parameter in model.parameters()]
weights = fitting.gathered(model)
if torch.distributed.get_rank() == 0:
    found = get_peft_model_state_dict(adapters.with_weights(trl.load(job), weights))
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)
    print(all(shards), len(found))
torch.distributed.destroy_process_group()
"""


@pytest.mark.slow
def test_adapter_that_two_processes_hold_in_shards_is_gathered_whole(make_job, tmp_path):
    # Accelerate puts no model in shards on a CPU, so that PyTorch is asked for it directly.
    jobs.write(tmp_path / "job.json", make_job("a"))
    (tmp_path / "script.py").write_text(SHARDED)
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--standalone"]
    command += [str(tmp_path / "script.py"), str(tmp_path / "job.json")]
    environment = os.environ | {"PYTHONPATH": os.getcwd()}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True", "8"]  # 2 layers, 2 modules each, A and B
