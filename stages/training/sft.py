"""The TRL back end: supervised fine-tuning of a LoRA adapter with checkpoints that a killed run goes on from."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.pipeline.exceptions import ParamsError
from stages.pipeline.files import write_json
from stages.pipeline.runtime import scratch
from stages.target import models
from stages.training.checks import check_batch
from stages.training.settings import TrainSettings

_LOGS = 40  # points on a training curve


@dataclass(frozen=True)
class Fitted:
    """`loss` is the mean over all steps; `steps` and `seconds` are those of this process alone."""

    loss: float
    steps: int
    seconds: float


def fit(
    rows: Sequence[dict[str, list[int]]],
    target: models.Target,
    settings: TrainSettings,
    *,
    dtype: models.Dtype,
    device: str,
    seed: int,
    fingerprint: str,
    curves: Path,
) -> tuple[Any, Fitted]:
    """Train an adapter and return it, on its model.

    Args:
        rows: token ids and labels.
        target: the base model, and the adapter to go on from if there is one.
        settings: how to train.
        dtype: of the base weights, as in `models.pick_dtype`.
        device: as in `models.pick_device`.
        seed: for the adapter's first weights and for the order of the rows.
        fingerprint: names the checkpoints; a run with the same one goes on from the last of them.
        curves: folder for DVCLive's metrics.
    """
    import datasets  # heavy, as is the next
    from transformers import set_seed

    set_seed(seed)
    on_cpu = models.pick_device(device) == "cpu"
    # The backward pass of eager attention is the faster one on a CPU (docs/log.md).
    base = models.load_base(target.base, dtype, device, attention="eager" if on_cpu else "sdpa")
    model = _with_adapter(base, target, settings)
    checkpoints = scratch("checkpoints", fingerprint)
    checkpoints.mkdir(exist_ok=True)
    trainer = _trainer(on_cpu)(
        model=model,
        args=_config(settings, checkpoints, len(rows), seed, on_cpu),
        train_dataset=datasets.Dataset.from_list(list(rows)),
        processing_class=models.load_tokenizer(target.base),
        callbacks=[_curves(curves)],
    )
    _quiet(trainer)
    check_batch(trainer.data_collator, rows)
    done = last_checkpoint(checkpoints)
    result = trainer.train(resume_from_checkpoint=done)
    steps = trainer.state.global_step - (int(done.rpartition("-")[2]) if done else 0)
    return trainer.model, Fitted(_mean_loss(trainer.state.log_history), steps, result.metrics["train_runtime"])


def _mean_loss(history: Sequence[dict[str, Any]]) -> float:
    """Return the mean loss over all steps, those before a resume included."""
    total, last = 0.0, 0
    for entry in history:
        if "loss" in entry:
            total += float(entry["loss"]) * (entry["step"] - last)
            last = entry["step"]
    return total / max(last, 1)


def last_checkpoint(folder: Path) -> str | None:
    """Return the last whole checkpoint and remove those that a kill cut short; None where there is none.

    The trainer writes a checkpoint file by file into its final place, its state last.
    """
    whole = []
    for checkpoint in folder.glob("checkpoint-*"):
        if (checkpoint / "trainer_state.json").is_file():
            whole.append(checkpoint)
        else:
            shutil.rmtree(checkpoint)
    return str(max(whole, key=lambda path: int(path.name.partition("-")[2]))) if whole else None


def save(model: Any, out: Path, base: Path, fingerprint: str) -> None:
    """Write the adapter and what kind of model it is, then drop the checkpoints that led to it."""
    model.peft_config["default"].base_model_name_or_path = base.as_posix()
    out.mkdir(parents=True, exist_ok=True)
    # Embeddings are not trained; looking for changed ones would ask the hub about the base model.
    model.save_pretrained(out, save_embedding_layers=False)
    write_json(out / models.CARD, {"kind": "adapter"})
    shutil.rmtree(scratch("checkpoints", fingerprint))


def _with_adapter(base: Any, target: models.Target, settings: TrainSettings) -> Any:
    from peft import LoraConfig, PeftModel, get_peft_model  # heavy

    in_float32 = settings.adapter_dtype == "float32"
    if target.adapter:
        model = PeftModel.from_pretrained(base, target.adapter, is_trainable=True, autocast_adapter_dtype=in_float32)
        # The adapter names models/base, which PEFT would look up on the hub when that is only a pointer.
        model.peft_config["default"].base_model_name_or_path = models.locate(target.base)[0]
        return model
    lora = settings.lora
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=lora.target_modules,
        task_type="CAUSAL_LM",
    )
    try:
        return get_peft_model(base, config, autocast_adapter_dtype=in_float32)
    except ValueError as error:  # PEFT says so when no layer has one of the names
        raise ParamsError(f"params.yaml: train.lora: {error}") from error


def _config(settings: TrainSettings, checkpoints: Path, n_rows: int, seed: int, on_cpu: bool) -> Any:
    from trl import SFTConfig  # heavy

    steps = max(1, round(settings.epochs * -(-n_rows // settings.batch_size)))
    return SFTConfig(
        output_dir=str(checkpoints),
        num_train_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=settings.warmup,
        per_device_train_batch_size=settings.batch_size,
        train_sampling_strategy="group_by_length",
        max_length=None,
        activation_checkpointing=False,
        dataset_kwargs={"skip_prepare_dataset": True},
        remove_unused_columns=False,
        bf16=False,
        use_cpu=on_cpu,
        seed=seed,
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
            return loss / (num_items_in_batch if num_items_in_batch is not None else trained.sum())

        def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
            # Past SFTTrainer's own, which averages metrics that only its fused loss collects.
            super(SFTTrainer, self).log(logs, start_time)

    return CpuTrainer if on_cpu else SFTTrainer


def _curves(folder: Path) -> Any:
    """Return the DVCLive callback, which must neither rewrite dvc.yaml nor save an experiment of its own."""
    from dvclive import Live  # heavy
    from transformers.integrations import DVCLiveCallback

    class Curves(DVCLiveCallback):  # type: ignore[misc]  # transformers is untyped here
        def setup(self, args: Any, state: Any, model: Any) -> None:  # noqa: ARG002  # the library's signature
            # The library would log the trainer's arguments, among them folders of this machine.
            self._initialized = True

        def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> None:
            super().on_train_begin(args, state, control, model=model, **kwargs)
            # DVC has emptied the folder; a run that goes on from a checkpoint tells its first part again.
            for entry in state.log_history:
                self.live.step = entry["step"]
                super().on_log(args, state, control, logs={k: v for k, v in entry.items() if k != "step"})

        def on_log(
            self, args: Any, state: Any, control: Any, model: Any = None, logs: Any = None, **kwargs: Any
        ) -> None:
            self.live.step = state.global_step  # the library would count logs, and from 0 after a resume
            # Run times differ from run to run, and the same inputs should give the same bytes.
            steady = {key: value for key, value in (logs or {}).items() if not key.startswith("train_")}
            super().on_log(args, state, control, model=model, logs=steady, **kwargs)

    live = Live(str(folder), dvcyaml=False, save_dvc_exp=False, report=None, monitor_system=False)
    return Curves(live=live)


def _quiet(trainer: Any) -> None:
    """Take the callback away that prints every log as a dictionary."""
    from transformers import PrinterCallback  # heavy

    trainer.remove_callback(PrinterCallback)
