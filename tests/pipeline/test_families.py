"""Real `dvc repro` over all stages with tiny models of other families than the rest of the tests."""

import json

import pytest

from tests.families import write_family
from tests.pipeline.conftest import small_project

OWN = (
    "{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]{% else %} {{ m.content }}"
    "{{ eos_token }}{% endif %}{% endfor %}"
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("family", "values"),
    [
        pytest.param("LFM2", {}, id="hybrid"),
        pytest.param("Gemma 2", {"chat.template": "model"}, id="with-its-own-chat-template"),
    ],
)
def test_all_stages_run_with_an_adapter_on_all_linear_layers(tmp_path, family, values):
    model = write_family(tmp_path / "model", family, OWN)
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | {"max_position_embeddings": 4096}))  # a token is a byte
    values = {"train.lora.target_modules": "all-linear", "iterations": {"iter1": {"parent": "base"}}, **values}
    project = small_project(tmp_path, model, **values)
    ran = project.repro()
    assert {"check_target", "predict@iter1", "select_data@iter1", "train@iter1", "evaluate@iter1", "report"} <= set(ran)
    scores = [json.loads(line) for line in (project.path / "data/iter1/scores.jsonl").read_text().splitlines()]
    assert scores
    assert all(score["score"] is not None for score in scores)
    trained = json.loads((project.path / "metrics/iter1/train.json").read_text())
    assert trained["rows"] > 0
    assert trained["merged_same"] == trained["merged_prompts"]
    prompt = json.loads((project.path / "data/base/target_check.json").read_text())["prompt"]
    assert prompt.startswith("[INST] Tom" if values.get("chat.template") else "<|im_start|>user\nTom")
