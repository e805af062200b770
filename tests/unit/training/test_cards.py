"""Cards as the hub reads them."""

import yaml

from stages.core.files import write_json
from stages.core.metrics import TrainingCounts
from stages.model.checkpoints import CARD
from stages.training import cards
from stages.training.settings import LoraSettings, TrainSettings

SETTINGS = TrainSettings(
    "trl", "base", 2.0, 0.001, 0.05, 4, 512, 0.0, "last", "model", LoraSettings(16, 32, 0.0, ["q_proj", "v_proj"])
)
COUNTS = TrainingCounts(234, 1, 5000, 0.5, 8, 8, None)


def header(text):
    return yaml.safe_load(text.split("---\n")[1])


def test_card_of_an_adapter_on_a_hub_model_names_it_and_its_license(tmp_path):
    write_json(tmp_path / CARD, {"kind": "hub", "id": "org/tiny", "revision": "0" * 40, "files": {}, "license": "mit"})
    text = cards.adapter("iter1", tmp_path, SETTINGS, COUNTS)
    assert header(text) == {
        "base_model": "org/tiny", "library_name": "peft", "license": "mit", "pipeline_tag": "text-generation",
        "tags": ["lora", "math", "self-error-instruct", "sft"],
    }  # fmt: skip


def test_card_of_an_adapter_lists_what_it_was_trained_on_and_how(tmp_path):
    write_json(tmp_path / CARD, {"kind": "weights"})
    text = cards.adapter("iter1", tmp_path, SETTINGS, COUNTS)
    assert "license" not in header(text)
    assert header(text)["base_model"] == tmp_path.as_posix()
    for line in ("| rows | 234 |", "| learning_rate | 0.001 |", "| lora.target_modules | q_proj, v_proj |"):
        assert line in text.splitlines()


def test_table_is_markdown():
    assert cards.table(["a", "b"], [[1, "x"]]) == "| a | b |\n| --- | --- |\n| 1 | x |\n"
