"""The training curves, written by DVCLive, and shown by the trackers of `runtime.report_to`."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stages.core.runtime import scratch
from stages.training.job import Job


def project() -> str:
    """Return the name of the project's folder; queued experiments run in a copy of it."""
    return Path(os.environ.get("DVC_ROOT", ".")).resolve().name


def run_name(iteration: str) -> str:
    """Return the name of a training: that of the project, of the experiment if it was given one, and the iteration."""
    return "-".join(filter(None, (project(), os.environ.get("DVC_EXP_NAME"), iteration)))


def place_trackers(job: Job) -> None:
    """Tell trackers where to put the runs of this process, unless their own environment variables do.

    TensorBoard's would otherwise lie among the checkpoints, which are deleted.
    """
    places = {
        "WANDB_PROJECT": project(),
        "MLFLOW_EXPERIMENT_NAME": project(),
        "TENSORBOARD_LOGGING_DIR": str(scratch("tensorboard", job.run_name, job.fingerprint)),
    }
    for name, place in places.items():
        os.environ.setdefault(name, place)


def callback(folder: Path) -> Any:
    """Return the DVCLive callback, which must neither rewrite dvc.yaml nor save an experiment of its own."""
    from dvclive import Live  # heavy
    from transformers.integrations import DVCLiveCallback

    class Curves(DVCLiveCallback):  # type: ignore[misc]  # transformers is untyped here
        def setup(self, args: Any, state: Any, model: Any) -> None:  # noqa: ARG002  # the library's signature
            # The library would log the trainer's arguments, among them folders of this machine.
            self._initialized = True

        def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
            super().on_train_begin(args, state, control, model=model, **kwargs)
            # DVC has emptied the folder; a run that resumes logs its first part again.
            for entry in state.log_history:
                self.live.step = entry["step"]
                super().on_log(args, state, control, logs=_steady({k: v for k, v in entry.items() if k != "step"}))

        def on_log(
            self, args: Any, state: Any, control: Any, model: Any = None, logs: Any = None, **kwargs: Any
        ) -> None:
            self.live.step = state.global_step  # the library would count logs, and from 0 after a resume
            super().on_log(args, state, control, model=model, logs=_steady(logs or {}), **kwargs)

    live = Live(str(folder), dvcyaml=False, save_dvc_exp=False, report=None, monitor_system=False)
    if live._dvc_repo is not None:
        live._dvc_repo.close()  # it has looked up the commit, and would leave Git's files open
    return Curves(live=live)


def _steady(logs: Mapping[str, Any]) -> dict[str, Any]:
    """Return logs without run times, which differ from run to run: the same inputs should give the same bytes."""
    return {key: value for key, value in logs.items() if key == "eval_loss" or not key.startswith(("train_", "eval_"))}
