"""LoRA adapters: whole weights, saved so that plain PEFT loads them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stages.core.files import write_json
from stages.model import checkpoints


def with_weights(model: Any, weights: Mapping[str, Any]) -> Any:
    """Return the model with the given weights in its adapter, by their names in the model."""
    from peft import get_peft_model_state_dict, set_peft_model_state_dict  # heavy

    set_peft_model_state_dict(model, get_peft_model_state_dict(model, state_dict=dict(weights)))
    return model


def save(model: Any, out: Path, base: Path) -> None:
    """Write the adapter and what kind of model it is."""
    config = model.peft_config["default"]
    config.base_model_name_or_path = base.as_posix()
    if isinstance(config.target_modules, set):  # which each process would write in another order
        config.target_modules = sorted(config.target_modules)
    out.mkdir(parents=True, exist_ok=True)
    # Embeddings are not trained; looking for changed ones would ask the hub about the base model.
    model.save_pretrained(out, save_embedding_layers=False)
    (out / "README.md").unlink()  # PEFT's empty form; `stages.training.cards` writes the card
    write_json(out / checkpoints.CARD, {"kind": "adapter"})
