"""The model's own chat template, and a file that is edited, in real `dvc repro` up to check_target."""

import json

import pytest
from transformers import AutoTokenizer

from tests.pipeline.conftest import small_project
from tests.tiny import write_model

OWN = "{% for m in messages %}<|im_start|>{{ m.role }}: {{ m.content }}<|im_end|>{% endfor %}<|im_start|>"


@pytest.fixture
def project(tmp_path):
    model = write_model(tmp_path / "model")
    tokenizer = AutoTokenizer.from_pretrained(model)
    tokenizer.chat_template = OWN
    tokenizer.save_pretrained(model)
    return small_project(tmp_path, model, **{"chat.template": "model"})


def test_own_template_runs_and_an_edited_file_runs_again(project):
    record = project.path / "data/base/target_check.json"
    assert project.repro("check_target") == ["check_params", "fetch_target", "check_target"]
    assert json.loads(record.read_text())["prompt"].startswith("<|im_start|>user: Tom")
    assert "up to date" in project.run("dvc", "status", "check_target").stdout

    project.set({"chat.template": "file"})
    assert project.repro("check_target") == ["check_params", "check_target"]
    template = project.path / "stages/prompts/chatml.jinja"
    template.write_text(template.read_text().replace("}}<|im_end|>", "}} Bye.<|im_end|>"))
    assert project.repro("check_target") == ["check_target"]
    assert json.loads(record.read_text())["end_of_turn"] == " Bye.<|im_end|>"
    assert {"predict@iter1", "train@iter1", "evaluate_base"} <= set(
        project.run("dvc", "status").stdout.replace(":", "").split()
    )
