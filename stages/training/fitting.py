"""Training of what a method loads, with checkpoints from which a killed run resumes.

What is trained for is an `Objective`: `supervised` or `preference`.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from stages.core.runtime import set_threads
from stages.model import checkpoints
from stages.training import adapters, curves, memory, supervised, validation
from stages.training.accelerate_config import in_shards
from stages.training.backend import BACKENDS
from stages.training.checks import Collate
from stages.training.encoding import EncodedRow
from stages.training.job import Fitted, Job
from stages.training.micro_batches import splitting
from stages.training.resuming import SAVE_SECONDS, keeping_dtypes, last_checkpoint, saving

Load = Callable[[Job], Any]
_LOGS = 40  # points on a training curve


class Objective(Protocol):
    """What a model is trained for: a trainer of TRL, its arguments, and the check of its batches."""

    def config(self, job: Job) -> Callable[..., Any]:
        """Return what makes the trainer's arguments out of those that are the same for all objectives."""

    def trainer_class(self, job: Job, *, on_cpu: bool) -> type[Any]:
        """Return the class of the trainer; `micro_batches.split` must be able to divide its batches."""

    def check_batch(self, collate: Collate, rows: Sequence[EncodedRow]) -> None:
        """Check that the trainer's batches train on exactly the tokens that the rows train on.

        Raises:
            TrainingError: they do not.
        """


def prepare(job: Job) -> None:
    """Make the backend ready, and set the threads of this process.

    Raises:
        TrainingError: the backend cannot be used on this machine.
    """
    BACKENDS[job.settings.backend].prepare()
    set_threads(job.threads)


def fit(
    job: Job, load: Load, save_seconds: float = SAVE_SECONDS, objective: Objective = supervised
) -> tuple[Any, Fitted, bool]:
    """Train the model that `load` returns; return it, the measurements, and whether this process writes.

    `save_seconds` is the age of a checkpoint at which another is saved in the middle of an epoch.

    Raises:
        TrainingError: the trainer's batches fail a check, or there is too little memory.
    """
    from torch import OutOfMemoryError  # heavy, as is the next
    from transformers import set_seed

    set_seed(job.seed)
    job.checkpoints.mkdir(exist_ok=True)
    trainer = make_trainer(job, load, objective)
    done = last_checkpoint(job.checkpoints)
    trainer.args.eval_on_start = bool(job.validation) and done is None
    writes = trainer.args.process_index == 0
    if writes:
        trainer.add_callback(curves.callback(job.curves))
    objective.check_batch(trainer.data_collator, job.rows)
    at_once = rows_at_once(job, trainer.args.world_size)
    if trainer.args.use_cpu and not in_shards():
        memory.check(trainer, job.rows, at_once)
    trainer.add_callback(saving(job.checkpoints, save_seconds, lambda: trainer._load_rng_state(done)))
    try:
        result = trainer.train(resume_from_checkpoint=done)
    except OutOfMemoryError as error:
        raise memory.full_gpu(at_once) from error
    steps = trainer.state.global_step - (int(done.rpartition("-")[2]) if done else 0)
    history = trainer.state.log_history
    kept = validation.kept_epoch(trainer.state, best=job.settings.keep == "best") if job.validation else None
    rewards = [(log["rewards/margins"], log["rewards/accuracies"]) for log in history if "rewards/margins" in log]
    losses = validation.losses(history)
    fitted = Fitted(_mean_loss(history), steps, result.metrics["train_runtime"], losses, kept, rewards)
    return _whole(trainer, job, load, writes), fitted, writes


def make_trainer(job: Job, load: Load, objective: Objective = supervised) -> Any:
    """Return the trainer of a job for the model that `load` returns."""
    import datasets  # heavy, as is the next
    from transformers import PrinterCallback

    if job.report_to:
        curves.place_trackers(job)
    config = _config(job, objective)  # first: it sets up the processes
    trainer_class = keeping_dtypes(objective.trainer_class(job, on_cpu=config.use_cpu))
    trainer = splitting(trainer_class, job.micro_batch)(
        model=load(job),
        args=config,
        train_dataset=datasets.Dataset.from_list(list(job.rows)),
        eval_dataset=datasets.Dataset.from_list(job.validation) if job.validation else None,
        processing_class=checkpoints.load_tokenizer(job.start.base),
    )
    trainer.remove_callback(PrinterCallback)  # which prints every log as a dictionary
    return trainer


def rows_at_once(job: Job, processes: int) -> int:
    """Return the largest number of rows that go through the model of one process at once."""
    share = job.settings.batch_size // processes
    return min(job.micro_batch or share, share, len(job.rows))


def _whole(trainer: Any, job: Job, load: Load, writes: bool) -> Any:
    """Return the trained model; where processes have shards of it, the one that writes gets a whole one."""
    if not in_shards():
        return trainer.accelerator.unwrap_model(trainer.model)
    weights = gathered(trainer.model)
    return adapters.with_weights(load(job), weights) if writes else None


def gathered(model: Any) -> dict[str, Any]:
    """Return the whole trained weights of a model that processes hold in shards; all of them must call this."""
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict  # heavy

    options = StateDictOptions(full_state_dict=True, cpu_offload=True, ignore_frozen_params=True)
    weights: dict[str, Any] = get_model_state_dict(model, options=options)
    return weights


def _mean_loss(history: Sequence[dict[str, Any]]) -> float:
    """Return the mean loss over the logged steps, those before a resume included.

    A log is the mean over the steps since the one before. Steps after the last log, fewer than one in `_LOGS`, are
    in none.
    """
    total, last = 0.0, 0
    for entry in history:
        if "loss" in entry:
            total += float(entry["loss"]) * (entry["step"] - last)
            last = entry["step"]
    return total / max(last, 1)


def _config(job: Job, objective: Objective) -> Any:
    settings = job.settings
    on_cpu = checkpoints.pick_device(job.device) == "cpu"
    steps = max(1, round(settings.epochs * -(-len(job.rows) // settings.batch_size)))
    return objective.config(job)(
        output_dir=str(job.checkpoints),
        num_train_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=settings.warmup,
        per_device_train_batch_size=settings.batch_size,
        # The batch is that of all processes, each of which takes its share of the same rows as one process would.
        accelerator_config={"split_batches": True},
        ddp_find_unused_parameters=False,
        train_sampling_strategy="group_by_length",
        max_length=None,
        remove_unused_columns=False,
        bf16=_in_bfloat16(job),
        use_cpu=on_cpu,
        seed=job.seed,
        logging_steps=max(1, steps // _LOGS),
        save_strategy="epoch",
        eval_strategy="epoch" if job.validation else "no",
        per_device_eval_batch_size=settings.batch_size,
        load_best_model_at_end=settings.keep == "best",
        save_total_limit=1,
        report_to=job.report_to,
        project=curves.project(),
        run_name=job.run_name,
        disable_tqdm=not sys.stderr.isatty(),
    )


def _in_bfloat16(job: Job) -> bool:
    """Tell whether float32 weights are computed with in bfloat16; those of other methods have the type of the base."""
    import torch  # heavy

    return job.settings.method == "full" and checkpoints.pick_dtype(job.dtype) == torch.bfloat16
