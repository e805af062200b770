"""Cards as the hub reads them."""

from dataclasses import replace

import yaml

from stages.core.files import write_json
from stages.core.metrics import TrainingCounts
from stages.model.checkpoints import CARD
from stages.training import cards
from stages.training.settings import DpoSettings, LoraSettings, TrainSettings

LORA = LoraSettings(16, 32, 0.0, ["q_proj", "v_proj"])
DPO = DpoSettings(beta=0.1, epochs=1.0, learning_rate=0.00005)
SETTINGS = TrainSettings("sft", "trl", "base", 2.0, 0.001, 0.05, 4, 512, 0.0, "last", "model", None, LORA, DPO)
COUNTS = TrainingCounts(234, 1, 5000, 0.5, 8, 8, None, None)


def header(text):
    return yaml.safe_load(text.split("---\n")[1])


def test_card_of_an_adapter_on_a_hub_model_names_it_and_its_license(tmp_path):
    write_json(tmp_path / CARD, {"kind": "hub", "id": "org/tiny", "revision": "0" * 40, "files": {}, "license": "mit"})
    text = cards.trained("iter1", tmp_path, SETTINGS, COUNTS)
    assert header(text) == {
        "base_model": "org/tiny", "library_name": "peft", "license": "mit", "pipeline_tag": "text-generation",
        "tags": ["lora", "math", "self-error-instruct", "sft"],
    }  # fmt: skip


def test_card_of_an_adapter_lists_what_it_was_trained_on_and_how(tmp_path):
    write_json(tmp_path / CARD, {"kind": "weights"})
    text = cards.trained("iter1", tmp_path, SETTINGS, COUNTS)
    assert "license" not in header(text)
    assert header(text)["base_model"] == tmp_path.as_posix()
    for line in ("| rows | 234 |", "| learning_rate | 0.001 |", "| lora.target_modules | q_proj, v_proj |"):
        assert line in text.splitlines()


def test_card_of_a_whole_model_names_its_method_and_no_adapter(tmp_path):
    write_json(tmp_path / CARD, {"kind": "weights", "license": "mit"})
    text = cards.trained("iter1", tmp_path, replace(SETTINGS, method="full"), replace(COUNTS, merged_same=None))
    assert header(text)["library_name"] == "transformers"
    assert header(text)["tags"] == ["math", "self-error-instruct", "sft"]
    assert "# iter1: a model trained by Self-Error-Instruct" in text
    assert "| method | full |" in text.splitlines()
    assert "lora" not in text.lower()
    assert "merged_same" not in text


def test_card_of_an_adapter_does_not_tell_of_settings_that_do_nothing(tmp_path):
    write_json(tmp_path / CARD, {"kind": "weights"})
    names = [line.split(" | ")[0] for line in cards.trained("iter1", tmp_path, SETTINGS, COUNTS).splitlines()]
    assert not {"| method", "| validation", "| keep", "| quantized"} & set(names)
    assert "| quantized | nf4 |" in cards.trained("iter1", tmp_path, replace(SETTINGS, quantized="nf4"), COUNTS)


def test_table_is_markdown():
    assert cards.table(["a", "b"], [[1, "x"]]) == "| a | b |\n| --- | --- |\n| 1 | x |\n"
