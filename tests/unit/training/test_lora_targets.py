"""The layers that an adapter is put on, and those that it cannot be put on."""

from dataclasses import replace

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from stages.core.exceptions import ParamsError
from stages.core.files import write_json
from stages.model import checkpoints
from stages.model.checkpoints import CARD, Target
from stages.training import lora_targets
from stages.training.job import Job
from stages.training.methods import sft
from tests.families import FAMILIES
from tests.tiny import make_tokenizer
from tests.unit.training.conftest import LORA, SETTINGS, encoded

SIZES = {
    "vocab_size": 272, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 2,
}  # fmt: skip
VISION = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
OF_LLAMA = {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}


def shape(name):
    """Return a model of a family without weights."""
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(AutoConfig.for_model(FAMILIES[name].kind, **FAMILIES[name].sizes))


def llama(**changes):
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(**SIZES | changes))


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        pytest.param("Llama", OF_LLAMA, id="all-but-the-output-layer"),
        pytest.param("GPT-NeoX", {"query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h"}, id="embed_out"),
        pytest.param("GPT-2", {"c_attn", "c_proj", "c_fc"}, id="transposed-layers"),
        pytest.param("Mamba 2", {"in_proj"}, id="not-what-kernels-read-past-an-adapter"),
        pytest.param(
            "DeepSeek V3",
            {"q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj", "o_proj"},
            id="not-what-peft-takes-for-experts",
        ),
    ],
)
def test_all_linear_layers_of_a_family(name, layers):
    found = lora_targets.find(shape(name), "all-linear")
    assert {layer.rpartition(".")[2] for layer in found} == layers
    assert sum(layer.endswith(f".{min(layers)}") for layer in found) >= 2  # each by its whole name


def test_all_linear_layers_of_a_model_that_sees_are_those_that_read_text():
    text = FAMILIES["Gemma 3"].sizes
    config = AutoConfig.for_model("gemma3", text_config=text, vision_config=VISION, mm_tokens_per_image=4)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    found = lora_targets.find(model, "all-linear")
    assert len(found) == 2 * len(OF_LLAMA)
    assert all(".language_model." in name for name in found)


@pytest.mark.parametrize("wanted", [["nope"], ["q_proj", "nope"], ["nope.q_proj"], ["proj"]])
def test_name_of_no_layer_is_refused_with_those_that_there_are(wanted):
    with pytest.raises(ParamsError) as caught:
        lora_targets.find(llama(), wanted)
    assert str(caught.value) == (
        f"params.yaml: train.lora.target_modules: no layer of this model is called {wanted[-1]}; set all-linear, or "
        "name some of its linear layers: down_proj, gate_proj, k_proj, lm_head, o_proj, q_proj, up_proj, v_proj"
    )


@pytest.mark.parametrize(
    ("name", "tied"), [("lm_head", True), ("lm_head", False), ("embed_tokens", True), ("model.embed_tokens", True)]
)
def test_output_layer_and_embeddings_that_are_its_matrix_are_refused(name, tied):
    last = name.rpartition(".")[2]
    with pytest.raises(ParamsError, match=rf"target_modules: {last}: no adapter can be put on the output layer, "):
        lora_targets.find(llama(tie_word_embeddings=tied), ["q_proj", name])


@pytest.mark.filterwarnings("ignore:Setting `save_embedding_layers` to `True`:UserWarning")  # in checkpoints
def test_adapter_on_embeddings_of_their_own_computes_as_trained(tmp_path, chat, make_row):
    base = tmp_path / "base"
    llama(tie_word_embeddings=False).save_pretrained(base)
    make_tokenizer().save_pretrained(base)
    write_json(base / CARD, {"kind": "weights"})
    rows = encoded([make_row("r1"), make_row("r2", "How many?")], chat)
    lora = replace(LORA, target_modules=["embed_tokens", "q_proj"])
    settings = replace(SETTINGS, lora=lora, learning_rate=0.2)
    out = tmp_path / "iter1"
    job = Job(rows, Target(base, None), settings, "float32", "cpu", 0, 0, "f", tmp_path / "curves", out)
    sft.run(job)  # which compares the saved adapter with the trained model
    ids = torch.tensor([rows[0]["input_ids"]])
    with torch.inference_mode():
        before, after = (
            checkpoints.load(Target(base, adapter), "float32", "cpu")(ids).logits for adapter in (None, out)
        )
    assert not torch.allclose(before, after, atol=0.01)
