"""Speed knobs and where partial work is kept."""

from pathlib import Path

import pytest
import yaml

from stages.core import params, progress, runtime
from stages.core.exceptions import ParamsError


def test_load_reads_the_runtime_section_of_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = (
        "threads: 1, device: cpu, processes: 1, accelerate_config: null, batch_tokens: 99, "
        "engine: vllm, vllm: {python: null, gpu_memory: 0.5}"
    )
    Path("params.yaml").write_text(f"runtime: {{{text}}}\n")
    assert runtime.load() == runtime.Runtime(1, "cpu", 1, None, 99, "vllm", runtime.VllmRuntime(None, 0.5), None, None)


def test_load_without_a_runtime_section_names_all_missing_keys(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text("seed: 0\n")
    with pytest.raises(ParamsError, match=r"(?s)`runtime\.threads`.*`runtime\.device`.*`runtime\.batch_tokens`"):
        runtime.load()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param(
            "threads: -1, device: cpu, processes: 1, accelerate_config: null, batch_tokens: 9",
            r"`runtime\.threads` must be greater than or equal to 0, not -1",
            id="threads",
        ),
        pytest.param(
            "threads: 1, device: cpu, processes: 1, accelerate_config: null, batch_tokens: 0",
            r"`runtime\.batch_tokens` must be greater than or equal to 1, not 0",
            id="batch-tokens",
        ),
        pytest.param(
            "threads: 1, device: cpu, processes: 0, accelerate_config: null, batch_tokens: 9",
            r"`runtime\.processes` must be greater than or equal to 1, not 0",
            id="processes",
        ),
        pytest.param(
            "threads: 1, device: gpu, processes: 1, accelerate_config: null, batch_tokens: 9",
            "must be 'auto', 'cpu' or 'cuda', not 'gpu'",
            id="device",
        ),
    ],
)
def test_load_with_a_value_out_of_range_is_refused(tmp_path, monkeypatch, values, message):
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(f"runtime: {{engine: transformers, {values}}}\n")
    with pytest.raises(ParamsError, match=rf"params\.yaml: .*{message}"):
        runtime.load()


SERVED = "base_url: x, model: y, prompts: tokens, likelihoods: true, concurrency: 1, attempts: 1, timeout_seconds: 1"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param("engine: vllm", "the section vllm is missing", id="no-vllm"),
        pytest.param("engine: openai", "the section openai is missing", id="no-openai"),
        pytest.param("engine: llama", "must be 'transformers', 'vllm' or 'openai', not 'llama'", id="unknown-engine"),
        pytest.param(
            "engine: vllm, vllm: {python: null, gpu_memory: 0}",
            r"vllm\.gpu_memory` must be greater than 0",
            id="no-memory",
        ),
        pytest.param(
            "engine: vllm, vllm: {python: null, gpu_memory: 1.1}",
            r"vllm\.gpu_memory` must be less than or equal to 1",
            id="too-much-memory",
        ),
        pytest.param(
            f"engine: openai, openai: {{{SERVED.replace('concurrency: 1', 'concurrency: 0')}}}",
            r"openai\.concurrency` must be greater than or equal to 1, not 0",
            id="no-request-at-once",
        ),
        pytest.param(
            f"engine: openai, openai: {{{SERVED.replace('attempts: 1', 'attempts: 0')}}}", "attempts", id="no-attempt"
        ),
        pytest.param(
            f"engine: openai, openai: {{{SERVED.replace('seconds: 1', 'seconds: 0')}}}", "timeout_seconds", id="no-time"
        ),
    ],
)
def test_engine_without_its_settings_is_refused(tmp_path, monkeypatch, values, message):
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(
        f"runtime: {{threads: 1, device: cpu, processes: 1, accelerate_config: null, batch_tokens: 9, {values}}}\n"
    )
    with pytest.raises(ParamsError, match=rf"params\.yaml: .*{message}"):
        runtime.load()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param("address: node, workers: 1, resources_per_worker: {}", r"`runtime\.ray\.address`", id="no-port"),
        pytest.param("address: auto, workers: 0, resources_per_worker: {}", r"`runtime\.ray\.workers`", id="nobody"),
        pytest.param(
            "address: auto, workers: 1, resources_per_worker: {CPU: -1}",
            r"resources_per_worker\.CPU`",
            id="below-0",
        ),
        pytest.param(
            "address: auto, workers: 1, resources_per_worker: {GPU: 0.5}",
            "a worker takes GPUs in whole",
            id="half",
        ),
    ],
)
def test_ray_section_with_a_fault_names_it(values, message):
    with pytest.raises(ParamsError, match=message):
        params.parse(runtime.RayRuntime, yaml.safe_load(f"{{{values}}}"), "runtime.ray")


def test_served_target_on_ray_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ray = "ray: {address: auto, workers: 1, resources_per_worker: {}}"
    settings = "threads: 1, device: cpu, processes: 1, accelerate_config: null, batch_tokens: 9, engine: openai"
    Path("params.yaml").write_text(f"runtime: {{{settings}, openai: {{{SERVED}}}, {ray}}}\n")
    with pytest.raises(ParamsError, match="a served target has"):
        runtime.load()


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
