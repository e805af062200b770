"""GGUF files to checkpoints, on tiny models in eight bits a weight."""

import json

import pytest
import torch
from safetensors.torch import load_file

from stages.core.exceptions import SourceError
from stages.model import checkpoints
from stages.model.checkpoints import CARD
from stages.model.conversion import convert_gguf
from tests.gguf_files import make_model, rounded, write_gguf
from tests.tiny import make_tokenizer


@pytest.mark.parametrize("tied", [True, False], ids=["tied", "output-matrix-of-its-own"])
def test_converted_checkpoint_has_the_weights_of_the_file_rounded_once(tmp_path, tied):
    original, out = make_model(tied), tmp_path / "base"
    convert_gguf(write_gguf(tmp_path / "tiny.gguf", original), out)
    assert json.loads((out / "config.json").read_text())["tie_word_embeddings"] is tied
    assert "quantization_config" not in json.loads((out / "config.json").read_text())
    saved = load_file(out / "model.safetensors")
    assert set(original.state_dict()) - set(saved) == ({"lm_head.weight"} if tied else set())
    for name, tensor in saved.items():
        assert torch.equal(tensor, rounded(original.state_dict()[name])), name


def test_converted_checkpoint_loads_as_a_plain_model_with_the_tokenizer(tmp_path):
    convert_gguf(write_gguf(tmp_path / "tiny.gguf", make_model()), tmp_path)
    (tmp_path / CARD).write_text('{"kind": "weights"}')
    loaded = checkpoints.load_base(tmp_path, "bfloat16", "cpu")
    assert loaded.get_output_embeddings().weight is loaded.get_input_embeddings().weight
    assert checkpoints.load_tokenizer(tmp_path)("1 + 1")["input_ids"] == make_tokenizer()("1 + 1")["input_ids"]


def test_file_that_is_no_gguf_is_one_line(tmp_path):
    (tmp_path / "tiny.gguf").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(SourceError, match=rf"^{tmp_path}/tiny\.gguf: not a GGUF file"):
        convert_gguf(tmp_path / "tiny.gguf", tmp_path / "base")


def test_architecture_that_transformers_does_not_know_is_one_line(tmp_path):
    gguf = write_gguf(tmp_path / "tiny.gguf", make_model(), architecture="abacus")
    with pytest.raises(SourceError, match=r"tiny\.gguf: transformers cannot convert it: .*abacus") as caught:
        convert_gguf(gguf, tmp_path / "base")
    assert "\n" not in str(caught.value)


def test_file_without_a_tensor_is_refused_rather_than_filled_with_noise(tmp_path):
    gguf = write_gguf(tmp_path / "tiny.gguf", make_model(), without="model.norm.weight")
    with pytest.raises(SourceError, match=r"tiny\.gguf: holds no model\.norm\.weight"):
        convert_gguf(gguf, tmp_path / "base")
