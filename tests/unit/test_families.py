"""Families of models in what the pipeline asks of a target, by the benchmark that makes the table of docs/models.md."""

import pytest

from benchmarks import architectures
from tests.families import FAMILIES
from tests.unit.conftest import write_runtime

# PEFT sets it by itself.
pytestmark = pytest.mark.filterwarnings("ignore:fan_in_fan_out is set to False:UserWarning")

STATES = {"Qwen3-Next", "Falcon-H1", "Bamba", "Granite hybrid", "LFM2", "Mamba", "Mamba 2", "RecurrentGemma"}
"""Families with layers that keep a state which each token overwrites."""


@pytest.mark.parametrize("name", FAMILIES)
def test_family_predicts_scores_and_trains_in_batches_as_alone(tmp_path, monkeypatch, caplog, name):
    monkeypatch.chdir(tmp_path)
    write_runtime()
    row = architectures.tried(name, tmp_path)
    assert row["outcome"] == "works", row
    assert row["start_read"] == ("in each prompt" if name in STATES else "once")
    assert row["loss"] > 0
    assert "scores wrongly" not in caplog.text
