"""Texts of vLLM 0.32 and of torch, and what the user is told to change."""

import pytest

from stages.model.engines.vllm_failures import explain, explain_end

LOWER = "lower runtime.vllm.memory_gb, which is 9 GB"


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        pytest.param(
            "ValueError",
            "Available memory on node 0 (20.0/24.0 GiB) on kv cache allocation is less than requested memory for kv",
            LOWER,
            id="more-than-there-is",
        ),
        pytest.param(
            "ValueError",
            "Free memory on device cuda:0 (3.2/79.2 GiB) on startup is less than desired GPU memory utilization (0.8",
            LOWER,
            id="gpu-in-use",
        ),
        pytest.param(
            "RuntimeError",
            "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to "
            "allocate 3000000000 bytes. Error code 12 (Cannot allocate memory)",
            LOWER,
            id="cpu-allocation",
        ),
        pytest.param("OutOfMemoryError", "CUDA out of memory. Tried to allocate 2.00 GiB.", LOWER, id="gpu-allocation"),
        pytest.param("MemoryError", "", LOWER, id="python"),
        pytest.param(
            "ValueError",
            "To serve at least one request with the model's max seq len (8192), (0.5 GiB KV cache is needed, which is "
            "larger than the available KV cache memory (0.1 GiB).",
            "raise runtime.vllm.memory_gb, which is 9 GB",
            id="too-small-for-a-text",
        ),
        pytest.param(
            "ValueError",
            "Cannot auto-fit max_model_len: not enough GPU memory available to serve even a single token.",
            "raise runtime.vllm.memory_gb",
            id="too-small-for-a-token",
        ),
        pytest.param("KeyError", "'x'\n  y", "vLLM failed with KeyError: 'x' y; see its messages above", id="other"),
    ],
)
def test_exception_becomes_one_line(kind, text, expected):
    line = explain([kind, "Exception"], text, python="python", memory_gb=9)
    assert expected in line
    assert "\n" not in line


def test_import_error_says_where_and_how_to_install():
    line = explain(
        ["ModuleNotFoundError", "ImportError"], "No module named 'vllm'", python="env/python", memory_gb=None
    )
    assert "env/python cannot import (No module named 'vllm'); install it (docs/engines.md)" in line


def test_death_by_the_kernel_is_told_from_other_ends():
    assert "killed (status -9)" in explain_end(-9, None)
    assert "lower runtime.vllm.memory_gb, which is null (3 GB on a CPU)" in explain_end(-9, None)
    assert explain_end(1, 2) == "vLLM's process ended with status 1; see its messages above"
