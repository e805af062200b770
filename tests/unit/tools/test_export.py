"""What is exported loads with the libraries that users load it with, and is the model that was measured."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml

from stages.core.exceptions import RecordsError
from stages.core.files import directory_hash, write_json, write_records
from stages.model import checkpoints
from stages.model.checkpoints import CARD, Target
from stages.training import adapters
from stages.training.backends import trl
from stages.training.job import Job
from stages.training.settings import LoraSettings, TrainSettings
from tests.unit.conftest import ROOT
from tools import export

ONCE = {"samples": 1, "rates": [], "majority": None}
COUNTS = {"verdicts": {}, "mistakes": {}, "tokens": 7, "engine": "transformers"} | ONCE
MEASURED = {
    "test": COUNTS | {"problems": 4, "correct": 3, "scored": 4, "accuracy": 0.75, "interval": [0.3, 0.95]},
    "ood/none": COUNTS | {"problems": 0, "correct": 0, "scored": 0, "accuracy": None, "interval": [0.0, 1.0]},
}
LORA = LoraSettings(rank=2, alpha=64, dropout=0.0, target_modules=["q_proj", "v_proj", "down_proj"])
SETTINGS = TrainSettings("trl", "base", 1.0, 0.01, 0.0, 2, 512, "float32", LORA)


@pytest.fixture
def project(tmp_path, tiny_base, make_row, template, monkeypatch):
    """A folder laid out as a finished run leaves it, with an adapter that changes what the model writes."""
    monkeypatch.chdir(tmp_path)
    Path("models").mkdir()
    Path("models/base").symlink_to(tiny_base)
    job = Job([], Target(tiny_base, None), SETTINGS, "float32", "cpu", 1, 0, "f", tmp_path, tmp_path)
    model = trl.load(job)
    generator = torch.Generator().manual_seed(0)
    for name, tensor in model.named_parameters():
        if "lora_B" in name:
            tensor.data = torch.randn(tensor.shape, generator=generator) / 4
    adapters.save(model, Path("models/iter1"), Path("models/base"))
    solved = make_row("b", question="Solved?")
    rows = [make_row("a"), replace(solved, candidate_id=None, good_case_id="g1")]
    write_records(Path("data/iter1/training_set.jsonl"), rows)
    for name in ("base", "iter1"):
        write_json(Path("metrics") / name / "evaluate.json", MEASURED)
    chat = {
        "template": "file", "file": str(template), "system": None, "question": "{question}", "template_arguments": {},
        "final_answer": "#### {answer}",
    }  # fmt: skip
    Path("params.yaml").write_text(yaml.safe_dump({"dtype": "float32", "chat": chat}))
    return tmp_path


def header(path):
    return yaml.safe_load(path.read_text().split("---\n")[1])


@pytest.mark.usefixtures("project")
def test_exported_model_loads_alone_and_writes_what_the_adapter_writes(tiny_base, chat):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    export.export("iter1", Path("out"), None)
    exported = AutoModelForCausalLM.from_pretrained("out/model").eval()
    tokenizer = AutoTokenizer.from_pretrained("out/model")
    adapter = PeftModel.from_pretrained(checkpoints.load_base(tiny_base, "float32", "cpu"), "models/iter1").eval()
    asked = [{"role": "user", "content": "How many?"}]
    prompt = tokenizer.apply_chat_template(asked, add_generation_prompt=True, tokenize=False)
    assert prompt == chat.prompt("How many?")
    ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")["input_ids"]
    arguments = {"attention_mask": torch.ones_like(ids), "max_new_tokens": 12, "do_sample": False, "pad_token_id": 2}
    written = exported.generate(input_ids=ids, **arguments)
    assert torch.equal(written, adapter.generate(input_ids=ids, **arguments))
    with adapter.disable_adapter():
        assert not torch.equal(written, adapter.generate(input_ids=ids, **arguments))
    assert {"config.json", "model.safetensors", "tokenizer.json", "README.md"} <= {
        p.name for p in Path("out/model").iterdir()
    }


@pytest.mark.usefixtures("project")
def test_exported_data_set_loads_from_its_folder_with_its_lineage():
    import datasets

    export.export("iter1", Path("out"), None)
    loaded = datasets.load_dataset("out/dataset", split="train", cache_dir="cache")
    assert loaded["question"] == ["Two and two?", "Solved?"]
    assert loaded["candidate_id"] == ["candidate-a", None]
    assert loaded["good_case_id"] == [None, "g1"]
    assert (len(loaded["author"]), len(loaded["certificate"])) == (2, 2)
    text = Path("out/dataset/README.md").read_text()
    assert "| certificate |" in text
    assert "2 problems with worked solutions" in text
    assert "1 of them are problems that it solved already" in text


@pytest.mark.usefixtures("project")
def test_cards_have_a_header_and_the_evaluation_of_base_and_iteration():
    export.export("iter1", Path("out"), "org/tiny")
    assert header(Path("out/model/README.md")) == {
        "base_model": "org/tiny", "base_model_relation": "finetune", "library_name": "transformers",
        "pipeline_tag": "text-generation", "tags": ["lora", "math", "self-error-instruct", "sft"],
    }  # fmt: skip
    text = Path("out/model/README.md").read_text()
    assert "| iter1 | test | 3/4 | 75.0% | 30.0% to 95.0% |" in text
    assert "| base | ood/none | 0/0 | - | 0.0% to 100.0% |" in text
    assert header(Path("out/dataset/README.md"))["configs"][0]["data_files"] == [
        {"path": "train.jsonl", "split": "train"}
    ]


def test_same_run_exports_the_same_bytes_and_no_folder_of_this_machine(project):
    export.export("iter1", Path("one"), None)
    export.export("iter1", Path("two"), None)
    assert directory_hash(Path("one")) == directory_hash(Path("two"))
    texts = [p.read_text() for p in Path("one").rglob("*") if p.suffix in {".md", ".json", ".jsonl"}]
    assert len(texts) >= 5
    assert not [text for text in texts if str(project) in text]


@pytest.mark.usefixtures("project")
def test_license_of_the_base_model_is_that_of_the_export(tiny_base):
    Path("models/base").unlink()
    base = Path("models/base")
    base.mkdir()
    for path in tiny_base.iterdir():
        (base / path.name).symlink_to(path)
    (base / CARD).unlink()
    write_json(base / CARD, {"kind": "weights", "license": "apache-2.0"})
    export.export("iter1", Path("out"), None)
    assert header(Path("out/model/README.md"))["license"] == "apache-2.0"


@pytest.mark.usefixtures("project")
def test_iteration_that_was_not_trained_is_named_and_nothing_is_written():
    with pytest.raises(RecordsError, match=r"models/iter9/target\.json: no such file"):
        export.export("iter9", Path("out"), None)
    assert not Path("out").exists()


def test_command_without_a_run_ends_in_one_line(tmp_path):
    (tmp_path / "params.yaml").write_text("dtype: float32\nchat: {}\n")
    command = [sys.executable, "-m", "tools.export", "--iteration", "iter1", "--out", "out"]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "error: export: models/iter1/target.json: no such file\n"
