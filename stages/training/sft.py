"""Supervised fine-tuning of a LoRA adapter, with checkpoints that a killed run goes on from."""

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from stages.core.runtime import set_threads
from stages.model import checkpoints
from stages.training import adapters, backends, curves
from stages.training.checks import check_batch
from stages.training.job import Fitted, Job
from stages.training.verification import check_saved

_LOGS = 40  # points on a training curve


def run(job: Job) -> Fitted:
    """Train, write the adapter, and check what was written.

    Of several processes the first one writes and checks. The checkpoints stay: a stage that is killed before all its
    outputs are written goes on from the last of them.

    Raises:
        TrainingError: the trainer's batches or the written adapter are not what they should be.
    """
    backends.prepare(job.settings.backend)
    set_threads(job.threads)
    model, fitted, writes = fit(job)
    if writes:
        adapters.save(model, job.out, job.start.base)
        # Beside a shard there is no room on the GPU for the whole model.
        check_saved(model, replace(job, device="cpu") if adapters.in_shards() else job)
    return fitted


def fit(job: Job) -> tuple[Any, Fitted, bool]:
    """Train an adapter; return it on its model, how it went, and whether this is the process that writes."""
    import datasets  # heavy, as is the next
    from transformers import set_seed

    set_seed(job.seed)
    job.checkpoints.mkdir(exist_ok=True)
    config = _config(job, job.checkpoints)
    writes = config.process_index == 0
    model = adapters.with_unsloth(job) if job.settings.backend == "unsloth" else adapters.with_peft(job)
    trainer = _trainer(config.use_cpu)(
        model=model,
        args=config,
        train_dataset=datasets.Dataset.from_list(list(job.rows)),
        processing_class=checkpoints.load_tokenizer(job.start.base),
        callbacks=[curves.callback(job.curves)] if writes else [],
    )
    _quiet(trainer)
    check_batch(trainer.data_collator, job.rows)
    done = last_checkpoint(job.checkpoints)
    result = trainer.train(resume_from_checkpoint=done)
    steps = trainer.state.global_step - (int(done.rpartition("-")[2]) if done else 0)
    fitted = Fitted(_mean_loss(trainer.state.log_history), steps, result.metrics["train_runtime"])
    return _whole(trainer, job, writes), fitted, writes


def _whole(trainer: Any, job: Job, writes: bool) -> Any:
    """Return the trained model; where processes have shards of it, the one that writes gets a whole one."""
    if not adapters.in_shards():
        return trainer.accelerator.unwrap_model(trainer.model)
    weights = gathered(trainer.model)
    return adapters.with_weights(job, weights) if writes else None


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


def last_checkpoint(folder: Path) -> str | None:
    """Return the last whole checkpoint and remove those that a kill cut short; None where there is none.

    The trainer writes a checkpoint file by file into its final place, its state last: if that parses, all is there.
    """
    whole = []
    for checkpoint in folder.glob("checkpoint-*"):
        if _is_whole(checkpoint):
            whole.append(checkpoint)
        else:
            shutil.rmtree(checkpoint, ignore_errors=True)  # several processes may be at it
    return str(max(whole, key=lambda path: int(path.name.partition("-")[2]))) if whole else None


def _is_whole(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True


def _config(job: Job, folder: Path) -> Any:
    from trl import SFTConfig  # heavy

    settings = job.settings
    on_cpu = checkpoints.pick_device(job.device) == "cpu"
    steps = max(1, round(settings.epochs * -(-len(job.rows) // settings.batch_size)))
    return SFTConfig(
        output_dir=str(folder),
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
        activation_checkpointing=False,
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        bf16=False,
        use_cpu=on_cpu,
        seed=job.seed,
        logging_steps=max(1, steps // _LOGS),
        save_strategy="epoch",
        save_total_limit=1,
        report_to=[],
        disable_tqdm=not sys.stderr.isatty(),
    )


def _trainer(on_cpu: bool) -> type[Any]:
    """Return TRL's trainer, on a CPU with the plain cross-entropy in place of its fused one.

    TRL computes log-probabilities, entropy and accuracy in chunks written for GPUs; on a CPU that takes two thirds of
    a step for a model of this size (docs/log.md).
    """
    import torch  # heavy, as is the next
    from trl import SFTTrainer

    class CpuTrainer(SFTTrainer):  # type: ignore[misc]  # TRL is untyped here
        def compute_loss(
            self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            if return_outputs:
                return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
            # Position i predicts token i + 1; only positions that predict an answer's token need logits.
            labels = inputs["labels"][:, 1:]
            answered = (labels != -100).any(dim=0).nonzero().flatten()
            logits = model(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                use_cache=False,
                logits_to_keep=answered,
            ).logits
            wanted = labels[:, answered]
            trained = wanted != -100
            loss = torch.nn.functional.cross_entropy(logits[trained].float(), wanted[trained], reduction="sum")
            if num_items_in_batch is None:
                return loss / trained.sum()
            # The number counts the tokens of all processes, over which the gradients are averaged.
            return loss * self.accelerator.num_processes / num_items_in_batch

        def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
            # Past SFTTrainer's own, which averages metrics that only its fused loss collects.
            super(SFTTrainer, self).log(logs, start_time)

    return CpuTrainer if on_cpu else SFTTrainer


def _quiet(trainer: Any) -> None:
    """Take the callback away that prints every log as a dictionary."""
    from transformers import PrinterCallback  # heavy

    trainer.remove_callback(PrinterCallback)
