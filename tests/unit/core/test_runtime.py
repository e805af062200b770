"""Speed knobs and where partial work is kept."""

from pathlib import Path

import pytest

from stages.core import params, progress, runtime
from stages.core.exceptions import ParamsError
from tests.unit.conftest import RUNTIME, write_runtime


def test_load_reads_the_runtime_section_of_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_runtime(batch_tokens=99, engine="vllm", vllm={"python": None, "memory_gb": 1})
    assert runtime.load() == runtime.Runtime(1, "cpu", 1, None, 99, "vllm", runtime.VllmRuntime(None, 1), None, None)


def test_load_without_a_runtime_section_names_all_missing_keys(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text("seed: 0\n")
    with pytest.raises(ParamsError, match=r"(?s)`runtime\.threads`.*`runtime\.device`.*`runtime\.batch_tokens`"):
        runtime.load()


SERVED = {
    "base_url": "x", "model": "y", "prompts": "tokens", "likelihoods": True, "concurrency": 1, "attempts": 1,
    "timeout_seconds": 1,
}  # fmt: skip
RAY = {"address": "auto", "workers": 1, "resources_per_worker": {}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"engine": "vllm"}, "the section vllm is missing", id="no-vllm"),
        pytest.param({"engine": "openai"}, "the section openai is missing", id="no-openai"),
        pytest.param({"micro_batch": 0}, r"`runtime\.micro_batch` must be", id="no-row-at-once"),
        pytest.param({"report_to": "wandb"}, r"report_to\[0\]`: wandb is not .*`pip install wandb`", id="no-wandb"),
        pytest.param({"report_to": ["comet_ml"]}, "`pip install comet-ml`", id="no-comet"),
        pytest.param(
            {"report_to": ["excel"]}, r"report_to\[0\]` must be 'wandb', 'mlflow', .*not 'excel'", id="no-tool"
        ),
        pytest.param({"engine": "llama"}, "must be 'transformers', 'vllm' or 'openai', not 'llama'", id="no-engine"),
        pytest.param({"openai": SERVED | {"attempts": 0}}, r"`runtime\.openai\.attempts` must be", id="no-attempt"),
        pytest.param({"openai": SERVED | {"timeout_seconds": 0}}, "timeout_seconds` must be", id="no-time"),
        pytest.param({"engine": "openai", "openai": SERVED, "ray": RAY}, "a served target has", id="served-on-ray"),
        pytest.param({"ray": RAY | {"address": "node"}}, r"`runtime\.ray\.address`", id="no-port"),
        pytest.param({"ray": RAY | {"workers": 0}}, r"`runtime\.ray\.workers`", id="nobody"),
        pytest.param({"ray": RAY | {"resources_per_worker": {"CPU": -1}}}, r"worker\.CPU`", id="below-0"),
        pytest.param({"ray": RAY | {"resources_per_worker": {"GPU": 0.5}}}, "takes GPUs in whole", id="half-a-gpu"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes, message):
    with pytest.raises(ParamsError, match=rf"params\.yaml: .*{message}"):
        params.parse(runtime.Runtime, RUNTIME | changes, "runtime")


def test_folder_of_runs_is_not_taken_for_the_tracker_that_wrote_them(tmp_path, monkeypatch):
    (tmp_path / "wandb").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ParamsError, match="wandb is not installed"):
        params.parse(runtime.Runtime, RUNTIME | {"report_to": "wandb"}, "runtime")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, []), ("none", []), ([], []), ("swanlab", ["swanlab"]), (["swanlab", "clearml"], ["swanlab", "clearml"])],
)
def test_trackers_are_one_a_list_or_none(tmp_path, monkeypatch, value, expected):
    for name in ("swanlab", "clearml"):
        (tmp_path / f"{name}.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert params.parse(runtime.Runtime, RUNTIME | {"report_to": value}, "runtime").report_to == expected


@pytest.mark.parametrize(
    ("cache", "root", "expected"),
    [
        pytest.param("cache", "repo", "cache/a/b", id="SEI_CACHE-wins"),
        pytest.param(None, "repo", "repo/.sei/a/b", id="DVC_ROOT-of-a-queued-experiment"),
        pytest.param(None, None, ".sei/a/b", id="neither-set"),
        pytest.param("", "repo", "repo/.sei/a/b", id="empty-SEI_CACHE"),
    ],
)
def test_scratch_lies_under_the_first_folder_that_is_set(tmp_path, monkeypatch, cache, root, expected):
    monkeypatch.chdir(tmp_path)
    for name, value in (("SEI_CACHE", cache), ("DVC_ROOT", root)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert runtime.scratch("a", "b") == Path(expected)
    assert Path(expected).parent.is_dir()


def test_set_threads_of_0_leaves_the_count_and_of_1_sets_it():
    import torch

    before = torch.get_num_threads()
    runtime.set_threads(0)
    assert torch.get_num_threads() == before
    runtime.set_threads(1)
    assert torch.get_num_threads() == 1


def test_bar_is_silent_when_stderr_is_no_terminal(capsys):
    with progress.bar(3, "problem", "title") as bar:
        bar.update(3)
    assert bar.disable
    assert capsys.readouterr().err == ""
