"""The `trl` backend: TRL by itself, on adapters of PEFT; anywhere, from a CPU to models in shards on many GPUs."""

from typing import Any

from stages.core.exceptions import ParamsError, one_line
from stages.model import checkpoints
from stages.training import lora_targets, quantization
from stages.training.accelerate_config import in_shards
from stages.training.encoding import IGNORED
from stages.training.job import Job

shares_models = True
trains_whole_models = True
trains_pairs = True
quantizes = True


def prepare() -> None:
    """Do nothing: TRL needs no preparation."""


def load(job: Job) -> Any:
    """Load the base model with a new adapter, or with that of the parent.

    Raises:
        ParamsError: the adapter of `train.lora` cannot be put on this model.
        TrainingError: the model cannot be quantised on this machine.
    """
    on_cpu = checkpoints.pick_device(job.device) == "cpu"
    # Where rows are padded, the backward pass of eager attention is the faster one on a CPU (docs/log.md).
    attention = "eager" if on_cpu else None
    # A model to be sharded goes to the GPU shard by shard; the whole of it need not fit there.
    device = "cpu" if in_shards() else job.device
    base = checkpoints.load_base(job.start.base, job.dtype, device, attention, quantization.config(job))
    model = _with_adapter(base, job)
    if on_cpu and not in_shards():
        _speed_up(model)
    return model


def _with_adapter(base: Any, job: Job) -> Any:
    from peft import PeftModel, get_peft_model  # heavy

    in_float32 = job.settings.adapter_dtype == "float32"
    if job.start.adapter:
        adapter = job.start.adapter
        model = PeftModel.from_pretrained(base, adapter, is_trainable=True, autocast_adapter_dtype=in_float32)
        # The adapter names models/base, which PEFT would look up on the hub when that is only a pointer.
        model.peft_config["default"].base_model_name_or_path = checkpoints.locate(job.start.base)[0]
        return model
    try:
        return get_peft_model(base, _config(base, job), autocast_adapter_dtype=in_float32)
    except ValueError as error:  # such as a layer that is not linear
        raise ParamsError(f"params.yaml: train.lora: {one_line(error)}") from error


def _speed_up(model: Any) -> None:
    """Make a model faster to train on a CPU (docs/log.md)."""
    from stages.training import fused_lora, padding_free  # heavy

    fused_lora.fuse(model)
    if padding_free.fits(model.get_base_model()):
        padding_free.prepare(model.get_base_model())


def _config(base: Any, job: Job) -> Any:
    from peft import LoraConfig  # heavy

    lora = job.settings.lora
    return LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=lora_targets.find(base, lora.target_modules),
        task_type="CAUSAL_LM",
    )


def trainer_class(on_cpu: bool) -> type[Any]:
    """Return TRL's trainer, on a CPU with a loss of our own in place of its fused one.

    TRL computes log-probabilities, entropy and accuracy in chunks written for GPUs; on a CPU that takes two thirds of
    a step for a model of this size (docs/log.md).
    """
    from peft import PeftModel  # heavy, as are the next
    from trl import SFTTrainer

    from stages.training import padding_free

    class CpuTrainer(SFTTrainer):  # type: ignore[misc]  # TRL is untyped here
        def compute_loss(
            self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            if return_outputs:
                return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
            unwrapped = self.accelerator.unwrap_model(model)
            base = unwrapped.get_base_model() if isinstance(unwrapped, PeftModel) else unwrapped
            summed = padding_free.summed_loss if padding_free.fits(base) else _summed_loss
            loss = summed(model, base, inputs)
            if num_items_in_batch is None:
                return loss / (inputs["labels"][:, 1:] != IGNORED).sum()
            # The number counts the tokens of all processes, over which the gradients are averaged.
            return loss * self.accelerator.num_processes / num_items_in_batch

        def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
            # Past SFTTrainer's own, which averages metrics that only its fused loss collects.
            super(SFTTrainer, self).log(logs, start_time)

    return CpuTrainer if on_cpu else SFTTrainer


def _summed_loss(model: Any, base: Any, inputs: Any) -> Any:  # noqa: ARG001  # the arguments of padding_free.summed_loss
    """Return the summed cross-entropy of the trained tokens, for any model."""
    from stages.training import cross_entropy  # heavy

    # Position i predicts token i + 1; only positions that predict an answer's token need logits.
    labels = inputs["labels"][:, 1:]
    answered = (labels != IGNORED).any(dim=0).nonzero().flatten()
    logits = model(
        input_ids=inputs["input_ids"],
        attention_mask=inputs["attention_mask"],
        use_cache=False,
        logits_to_keep=answered,
    ).logits
    wanted = labels[:, answered]
    trained = wanted != IGNORED
    return cross_entropy.of_logits(logits[trained], wanted[trained])
