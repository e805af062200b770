"""Merged copies: what they compute, and which of them are kept."""

import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from stages.core.files import directory_hash, read_json, write_json
from stages.model import checkpoints
from stages.model.checkpoints import CARD, Target
from stages.model.merging import merged
from tests.tiny import write_adapter


def logits(target, dtype):
    with torch.inference_mode():
        return checkpoints.load(target, dtype, "cpu")(torch.tensor([[5, 9, 30]])).logits


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_copy_computes_what_the_merge_in_memory_does(tiny_adapter, tiny_target, dtype):
    copy = merged(tiny_adapter, dtype)
    assert copy.adapter is None
    made = logits(copy, dtype)
    assert made.equal(logits(tiny_adapter, dtype))
    assert not made.equal(logits(tiny_target, dtype))
    assert read_json(copy.base / "config.json")["dtype"] == dtype


def test_copy_is_made_once_for_the_same_content_and_dtype(tiny_adapter, tmp_path):
    first = merged(tiny_adapter, "float32")
    inode = (first.base / "model.safetensors").stat().st_ino
    elsewhere = shutil.copytree(tiny_adapter.adapter, tmp_path / "iter9")
    assert merged(Target(tiny_adapter.base, elsewhere), "float32") == first
    assert (first.base / "model.safetensors").stat().st_ino == inode
    assert merged(tiny_adapter, "bfloat16") != first


def test_stages_that_ask_at_the_same_time_get_one_whole_copy(tiny_adapter):
    with ThreadPoolExecutor(3) as pool:
        copies = list(pool.map(lambda _: merged(tiny_adapter, "float32"), range(3)))
    assert len(set(copies)) == 1
    assert not list(copies[0].base.parent.glob("*.unfinished"))


def test_what_a_killed_stage_left_is_no_part_of_a_copy(tiny_adapter):
    folder = merged(tiny_adapter, "float32").base
    left = folder.with_name(f"{folder.name}.unfinished")
    folder.rename(left)
    (left / "model-00001-of-00009.safetensors").write_bytes(b"half")
    assert merged(tiny_adapter, "float32").base == folder
    assert "model-00001-of-00009.safetensors" not in os.listdir(folder)
    assert not left.exists()


def test_four_copies_are_kept_those_that_were_used_last(tiny_base, tmp_path):
    def target(seed):
        adapter = write_adapter(tmp_path / f"iter{seed}", tiny_base, seed=seed)
        write_json(adapter / CARD, {"kind": "adapter"})
        return Target(tiny_base, adapter)

    targets = [target(seed) for seed in range(5)]
    copies = [merged(one, "float32").base for one in targets[:4]]
    for age, copy in enumerate(copies):
        os.utime(copy, (1000 - age, 1000 - age))  # the last one is the oldest
    before = directory_hash(copies[3])
    merged(targets[3], "float32")  # used again: now the third is the oldest
    merged(targets[4], "float32")
    assert [copy.exists() for copy in copies] == [True, True, False, True]
    assert directory_hash(copies[3]) == before
