"""Train in this process, or in several that `accelerate launch` starts.

Each runs `python -m stages.training.launch JOB RESULT`. The first one writes curves, checkpoints, the adapter and the
result. They talk over NCCL on GPUs and over Gloo on a CPU. On several machines, which share the workspace, Slurm's
`srun` starts a launcher on each.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from stages.core.exceptions import ParamsError, SeiError, TrainingError
from stages.core.files import read_record, write_json
from stages.core.runtime import Runtime, scratch
from stages.training import accelerate_config
from stages.training import job as jobs
from stages.training.accelerate_config import AccelerateConfig
from stages.training.backend import BACKENDS
from stages.training.job import Fitted, Job
from stages.training.method import METHODS
from stages.training.settings import TrainSettings


def sharing(runtime: Runtime, settings: TrainSettings) -> AccelerateConfig | None:
    """Return the checked file that says how processes share the model; None where each has a copy.

    Raises:
        ParamsError: params that exclude each other.
    """
    if settings.batch_size % runtime.processes:
        raise ParamsError(
            f"params.yaml: train.batch_size {settings.batch_size} cannot be shared by runtime.processes "
            f"{runtime.processes}; let the second divide the first"
        )
    if settings.method == "dpo" and runtime.processes > 1:
        raise ParamsError("params.yaml: train.method dpo trains in one process; set runtime.processes to 1")
    if runtime.accelerate_config is None:
        return None
    if settings.method != "sft":
        raise ParamsError(
            f"params.yaml: train.method {settings.method} takes no runtime.accelerate_config; set it to null"
        )
    if not BACKENDS[settings.backend].shares_models:
        raise ParamsError(
            f"params.yaml: train.backend {settings.backend} takes no runtime.accelerate_config; set it to null"
        )
    return accelerate_config.read(Path(runtime.accelerate_config), runtime.processes)


def train(job: Job, processes: int, config: AccelerateConfig | None, locks: Sequence[int]) -> Fitted:
    """Train with that many processes, as `config` says, and write the adapter.

    `locks` are those of this training and its GPUs. The launcher of several processes keeps them too: the processes
    outlive a kill of this one, and until they end nobody else may write their checkpoints or use their GPUs.

    Raises:
        TrainingError: a process failed; its message is on stderr.
        ParamsError: there are several machines and no Slurm job that has them.
    """
    if processes == 1 and not config:
        return METHODS[job.settings.method].run(job)
    path, result = scratch("checkpoints", f"{job.fingerprint}.job"), scratch("checkpoints", f"{job.fingerprint}.result")
    jobs.write(path, job)
    launcher = _on_one_machine(config) if config is None or config.machines == 1 else _on_machines(config)
    command = [*launcher, "--num_processes", str(processes), "--mixed_precision", "no", "--dynamo_backend", "no"]
    command += ["-m", "stages.training.launch", str(path), str(result)]
    done = subprocess.run(command, env=_environment(job), check=False, stdout=sys.stderr, pass_fds=locks)
    if done.returncode:
        raise TrainingError(f"one of the {processes} training processes (runtime.processes) failed; see above")
    fitted = read_record(result, Fitted)
    path.unlink()
    result.unlink()
    return fitted


def _on_one_machine(config: AccelerateConfig | None) -> list[str]:
    options = ["--config_file", str(config.path)] if config else ["--num_machines", "1", "--multi_gpu"]
    # Any free port: two trainings on one machine must not meet on the default one.
    return [sys.executable, "-m", "accelerate.commands.launch", *options, "--main_process_port", "0"]


def _on_machines(config: AccelerateConfig) -> list[str]:
    """Return the command that starts a launcher on each node of this Slurm job, of which this machine is the first."""
    if "SLURM_JOB_ID" not in os.environ:
        raise ParamsError(
            f"{config.path}: num_machines {config.machines} needs a Slurm job with as many nodes (docs/clusters.md)"
        )
    with socket.socket() as probe:
        probe.bind(("", 0))
        port = probe.getsockname()[1]
    # Only on its node does a launcher learn its rank; it is the shell's $0 that starts it.
    ranked = 'exec "$0" -m accelerate.commands.launch --machine_rank "$SLURM_NODEID" "$@"'
    # Overlapping the step that this process may be in, which has all of the nodes.
    command = ["srun", "--overlap", f"--nodes={config.machines}", "--ntasks-per-node=1"]
    command += ["sh", "-c", ranked, sys.executable]
    command += ["--config_file", str(config.path), "--main_process_ip", socket.gethostname()]
    return [*command, "--main_process_port", str(port)]


def _environment(job: Job) -> dict[str, str]:
    environment = dict(os.environ)
    if job.device == "cpu":
        environment["ACCELERATE_USE_CPU"] = "true"
    if job.threads:
        environment["OMP_NUM_THREADS"] = str(job.threads)
    return environment


def main(path: Path, result: Path) -> None:
    """Run one process of a job; an expected error is one line on stderr."""
    try:
        job = jobs.read(path)
        fitted = METHODS[job.settings.method].run(job)
    except SeiError as error:
        sys.exit(f"error: {error}")
    if int(os.environ.get("RANK", "0")) == 0:
        write_json(result, fitted)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
