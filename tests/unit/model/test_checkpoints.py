"""Model folders: what they are, and that pinned files are those that were pinned."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from stages.core.exceptions import RecordsError, SourceError
from stages.core.files import write_json
from stages.model import checkpoints
from stages.model.checkpoints import CARD, Target
from stages.model.sources import LocalModel, from_disk
from tests.tiny import write_model


@pytest.fixture
def folder(tiny_base, tmp_path):
    """A model folder of the user's own, without the pipeline's card."""
    copy = shutil.copytree(tiny_base, tmp_path / "mine")
    (copy / CARD).unlink()
    return copy


@pytest.fixture
def pinned(folder, tmp_path):
    out = tmp_path / "models" / "base"
    from_disk(LocalModel(str(folder)), out)
    return out


@pytest.fixture
def adapter(tmp_path):
    (tmp_path / "adapter").mkdir()
    write_json(tmp_path / "adapter" / CARD, {"kind": "adapter"})
    return tmp_path / "adapter"


def test_target_has_an_adapter_unless_it_is_the_base_or_an_iteration_that_trained_nothing(tiny_base, adapter, tmp_path):
    assert Target.of(adapter, tiny_base) == Target(tiny_base, adapter)
    write_json(tmp_path / "models" / "iter1" / CARD, {"kind": "base"})
    for folder in (tiny_base, tmp_path / "models" / "iter1"):
        assert Target.of(folder, tiny_base) == Target(tiny_base, None)


def test_target_of_a_folder_without_card_names_the_file(tiny_base, tmp_path):
    with pytest.raises(RecordsError, match=r"target\.json: no such file"):
        Target.of(tmp_path, tiny_base)


def test_fingerprint_changes_with_weights_and_with_the_adapter(tiny_base, adapter, tmp_path):
    other = write_model(tmp_path / "other", seed=1)
    write_json(other / CARD, {"kind": "weights"})
    prints = [Target(tiny_base, None), Target(other, None), Target(tiny_base, adapter)]
    first = [target.fingerprint() for target in prints]
    assert len(set(first)) == 3
    (adapter / "adapter_model.safetensors").write_bytes(b"x")
    assert Target(tiny_base, adapter).fingerprint() != first[2]
    assert Target(tiny_base, None).fingerprint() == first[0]


def test_model_lies_in_its_folder_or_where_its_card_points(tiny_base, folder, pinned, adapter):
    assert checkpoints.locate(tiny_base) == (str(tiny_base), None)
    assert checkpoints.locate(pinned) == (str(folder), None)
    write_json(adapter / CARD, {"kind": "hub", "id": "org/name", "revision": "abc", "files": {}})
    assert checkpoints.locate(adapter) == ("org/name", "abc")


def test_locate_local_folder_with_a_changed_file_names_it_and_what_to_run(folder, pinned):
    write_model(folder, seed=1)
    with pytest.raises(SourceError, match=r"model\.safetensors: changed since it was pinned; run `dvc repro -f "):
        checkpoints.locate(pinned)


def test_locate_local_folder_with_a_missing_file_names_it(folder, pinned):
    (folder / "config.json").unlink()
    with pytest.raises(SourceError, match=r"config\.json: the file is gone since fetch_target pinned it"):
        checkpoints.locate(pinned)


def test_pinned_local_folder_loads_tokenizer_and_weights(pinned):
    assert len(checkpoints.load_tokenizer(pinned)) == 259
    assert checkpoints.load_base(pinned, "float32", "cpu").config.hidden_size == 32


def test_tokenizer_pads_on_the_left_and_with_the_end_token_where_it_has_no_pad_token(folder):
    from transformers import AutoTokenizer

    bare = AutoTokenizer.from_pretrained(folder)
    bare.pad_token = None
    bare.save_pretrained(folder)
    write_json(folder / CARD, {"kind": "weights"})
    tokenizer = checkpoints.load_tokenizer(folder)
    assert tokenizer.padding_side == "left"
    assert tokenizer.pad_token == tokenizer.eos_token == "<|im_end|>"


@pytest.mark.parametrize(("name", "dtype"), [("float32", torch.float32), ("bfloat16", torch.bfloat16)])
def test_named_dtype_is_the_dtype_of_the_weights(tiny_target, name, dtype):
    assert checkpoints.pick_dtype(name) is dtype
    assert checkpoints.load(tiny_target, name, "cpu").dtype is dtype


@pytest.mark.parametrize("name", ["tiny_target", "tiny_adapter"])
def test_logits_of_the_last_places_are_one_product_and_not_one_a_row(request, name):
    """A batched product would copy the weights of the output layer for every row."""
    model = checkpoints.load(request.getfixturevalue(name), "float32", "cpu")
    rows = torch.tensor([[5, 6, 7, 8], [9, 10, 11, 12]])
    kinds = [torch.profiler.ProfilerActivity.CPU]
    with torch.inference_mode(), torch.profiler.profile(activities=kinds, record_shapes=True) as profile:
        logits = model(rows, logits_to_keep=2).logits
        whole = model(rows).logits[:, -2:]
    assert torch.allclose(logits, whole, atol=1e-6)
    of_the_head = [event.name for event in profile.events() if _width(event) == model.config.vocab_size]
    assert "aten::mm" in of_the_head
    assert "aten::bmm" not in of_the_head


def _width(event):
    """Return the last size of the second factor of a product."""
    shapes = event.input_shapes
    return shapes[1][-1] if len(shapes) > 1 and shapes[1] else None


def test_auto_resolves_to_what_this_machine_has():
    assert checkpoints.pick_dtype("auto") in {torch.bfloat16, torch.float32}
    assert checkpoints.pick_device("auto") == ("cuda" if torch.cuda.is_available() else "cpu")
    assert checkpoints.pick_device("cpu") == "cpu"


def change_config(folder, **values):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.fixture
def base(folder):
    write_json(folder / CARD, {"kind": "weights"})
    return folder


@pytest.mark.parametrize("method", ["gptq", "awq", "bitsandbytes"])
def test_quantised_weights_are_refused_with_what_to_take(base, method):
    change_config(base, quantization_config={"quant_method": method, "bits": 4, "load_in_4bit": True})
    with pytest.raises(checkpoints.WeightsError) as caught:
        checkpoints.load_base(base, "float32", "cpu")
    assert str(caught.value) == (
        f"{base}: its weights are quantised ({method}), and an adapter is trained on plain ones and merged into them: "
        "take the model that they were made from, or a GGUF file of it, which becomes plain weights"
    )


def test_weights_in_8_bit_floats_become_plain_ones(base):
    weights = load_file(base / "model.safetensors")
    plain = {}
    for name in [name for name in weights if name.endswith("_proj.weight")]:
        scale = weights[name].abs().max() / 448  # the largest number of that type
        weights[name] = (weights[name] / scale).to(torch.float8_e4m3fn)
        weights[f"{name}_scale_inv"] = scale.reshape(1, 1)
        plain[name] = weights[name].float() * scale
    save_file(weights, base / "model.safetensors", {"format": "pt"})
    change_config(base, quantization_config={"quant_method": "fp8", "weight_block_size": [128, 128]})
    model = checkpoints.load_base(base, "float32", "cpu")
    loaded = model.state_dict()
    assert len(plain) == 14
    for name, tensor in plain.items():
        torch.testing.assert_close(loaded[name], tensor)
    assert getattr(model.config, "quantization_config", None) is None


def test_code_that_comes_with_a_model_is_not_run(base, tmp_path):
    (base / "configuration_mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass MineConfig: ...\n")
    mine = {"AutoConfig": "configuration_mine.MineConfig", "AutoModelForCausalLM": "configuration_mine.Mine"}
    change_config(base, model_type="mine", auto_map=mine)
    with pytest.raises(
        SourceError, match=r"comes with Python code of its own, and only that of transformers is run"
    ) as caught:
        checkpoints.load_base(base, "float32", "cpu")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "ran").exists()


def test_model_of_another_kind_than_causal_ones_is_one_line(base):
    change_config(base, model_type="t5")
    with pytest.raises(
        checkpoints.WeightsError, match=r"Unrecognized configuration class \S+ \S+T5Config.*CausalLM\.$"
    ):
        checkpoints.load_base(base, "float32", "cpu")


def test_context_of_a_model_that_sees_is_that_of_its_text(base):
    text = {"model_type": "gemma3_text", "max_position_embeddings": 77}
    (base / "config.json").write_text(json.dumps({"model_type": "gemma3", "text_config": text}))
    assert checkpoints.context(base) == 77
