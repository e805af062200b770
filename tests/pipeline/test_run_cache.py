"""What was computed once is not computed again: DVC's run cache remembers every stage but the report."""

import os
import signal

from tests.pipeline.project import ran_stages
from tests.waiting import wait_for


def test_going_back_to_earlier_params_starts_no_process_that_computes(copy):
    model = copy.path / "models" / "iter1" / "adapter_model.safetensors"
    first, params = model.read_bytes(), (copy.path / "params.yaml").read_bytes()
    copy.set({"train.learning_rate": 0.002})
    assert {"train@iter1", "evaluate@iter1"} <= set(copy.repro("evaluate@iter1"))
    assert model.read_bytes() != first
    (copy.path / "params.yaml").write_bytes(params)
    done = copy.run("dvc", "repro")
    assert ran_stages(done.stdout) == []
    assert "Stage 'train@iter1' is cached" in done.stdout
    assert model.read_bytes() == first


def test_experiment_killed_while_it_evaluates_does_not_train_again(copy):
    command = ["dvc", "exp", "run", "--temp", "-S", "train.learning_rate=0.002", "evaluate@iter1"]
    running = copy.start(*command)
    wait_for(lambda: list((copy.path / ".dvc" / "tmp" / "exps").rglob("sei-evaluate@iter1.lock")), seconds=300)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    done = copy.run(*command)
    assert "Stage 'train@iter1' is cached" in done.stdout
    assert ran_stages(done.stdout) == ["evaluate@iter1"]
