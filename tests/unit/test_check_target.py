"""The stage that tries a target before anything is paid for, with tiny random models of several families."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from stages import check_target
from stages.core import files
from stages.core.exceptions import ParamsError, SourceError, TrainingError
from stages.core.records import TargetCheck
from stages.model import checkpoints, target_check
from stages.model.chat import ChatParams
from stages.model.generation import GenerationParams
from stages.training.settings import LoraSettings
from tests import families
from tests.completions_server import CompletionsServer
from tests.tiny import make_tokenizer
from tests.unit.conftest import ROOT, write_runtime

# PEFT sets it by itself.
pytestmark = pytest.mark.filterwarnings("ignore:fan_in_fan_out is set to False:UserWarning")

CHATML = (ROOT / "stages/prompts/chatml.jinja").read_text()
INST = (
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'assistant' %} {{ m.content }}{{ eos_token }}"
    "{% else %}[INST] {{ m.content }} [/INST]{% endif %}{% endfor %}"
)
THINKING = CHATML.replace("<|im_start|>assistant\n", "<|im_start|>assistant\n<think>\n")
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
OWN = {"Llama": THINKING, "Gemma 2": NO_SYSTEM + CHATML, "Mistral": INST, "GPT-2": CHATML}


def write_family(folder, name):
    """Write a random model of a family whose tokenizer has the family's template; return the folder."""
    return families.write_family(folder, name, OWN[name])


def params(layers="all-linear", method="sft", quantized=None, **chat):
    section = {"template": "model", "file": "unused", "system": None, "question": "{question}"}
    section |= {"final_answer": "#### {answer}", "template_arguments": {}} | chat
    lora = LoraSettings(rank=2, alpha=4, dropout=0.0, target_modules=layers)
    return check_target.Params(
        ChatParams(**section),
        "float32",
        GenerationParams(40, True),
        check_target.TrainedParams(method, "float32", quantized, lora),
    )


@pytest.fixture(autouse=True)
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_runtime()


@pytest.fixture(scope="module")
def llama(tmp_path_factory):
    return write_family(tmp_path_factory.mktemp("models") / "base", "Llama")


def run(base, given, out="check.json"):
    counts = check_target.main(check_target.Paths(base, Path(out)), given)
    return counts, files.read_record(Path(out), TargetCheck)


@pytest.mark.parametrize("name", OWN)
def test_family_is_tried_as_a_whole(tmp_path, name, caplog, scratch_folder):
    caplog.set_level("INFO")
    counts, check = run(write_family(tmp_path / "base", name), params())
    assert counts["engine"] == "transformers"
    assert counts["tokens"] <= 8
    assert counts["likelihood"] < 0 < counts["loss"]
    assert (check.end_of_turn, check.end_tokens, check.context) == ("<|im_end|>", ["<|im_end|>"], 1024)
    assert f"{check.prompt}{check.completion}" in caplog.text
    assert target_check.EXAMPLE[1] in check.example_prompt
    assert "scores wrongly" not in caplog.text
    assert list((scratch_folder / "checkpoints").glob("*/")) == []
    assert [line.partition(":")[0] for line in check.warnings] == (["chat.template"] if name == "Llama" else [])


def test_solutions_are_shown_and_trained_on_as_the_target_is_to_write_them(llama):
    box = r"So $\boxed{{answer}}$."
    counts, check = run(llama, params(question=r"{question} Use \boxed{}.", final_answer=box))
    assert check.completion.endswith("2 + 3 = 5\n" r"So $\boxed{5}$." "<|im_end|>")
    assert r"So $\boxed{8}$." in check.example_prompt
    assert counts["loss"] > 0


def test_record_is_the_same_every_time_and_knows_nothing_of_speed(llama):
    run(llama, params())
    write_runtime(batch_tokens=100)
    run(llama, params(), "again.json")
    assert Path("check.json").read_bytes() == Path("again.json").read_bytes()


def test_target_without_a_template_is_refused_with_what_to_write(tmp_path):
    base = families.write_family(tmp_path / "base", "GPT-2")
    with pytest.raises(ParamsError, match=r"chat\.file: stages/prompts/plain\.jinja"):
        run(base, params())
    plain = params(template="file", file=str(ROOT / "stages/prompts/plain.jinja"))
    assert run(base, plain)[1].end_of_turn == "<|im_end|>"


def test_system_message_that_a_template_refuses_is_said(tmp_path):
    with pytest.raises(ParamsError, match=r"System role not supported; .* set chat\.system: null"):
        run(write_family(tmp_path / "base", "Gemma 2"), params(system="Be brief."))


def test_layers_do_not_matter_where_all_weights_are_trained(llama):
    assert run(llama, params(["no_such_layer"], method="full"))[0]["loss"] > 0


def test_both_passes_of_dpo_are_tried(llama, caplog):
    assert run(llama, params(method="dpo"))[0]["loss"] == run(llama, params())[0]["loss"]
    assert "no row has a wrong solution" not in caplog.text
    with pytest.raises(ParamsError, match="no layer of this model is called no_such_layer"):
        run(llama, params(["no_such_layer"], method="dpo"))


def test_layers_that_the_target_lacks_are_refused_with_those_that_it_has(tmp_path):
    with pytest.raises(
        ParamsError, match=r"no layer of this model is called q_proj; .* c_attn, c_fc, c_proj, lm_head$"
    ):
        run(write_family(tmp_path / "base", "GPT-2"), params(["q_proj"]))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_4_bits_without_a_gpu_are_refused_before_anything_is_paid_for(llama):
    with pytest.raises(TrainingError, match=r"^train\.quantized is `nf4`, which needs a GPU, and torch sees none"):
        run(llama, params(quantized="nf4"))


def test_weights_that_compute_no_number_are_refused(tmp_path):
    from safetensors.torch import load_file, save_file

    base = write_family(tmp_path / "base", "Llama")
    weights = load_file(base / "model.safetensors")
    weights["model.norm.weight"].fill_(float("nan"))
    save_file(weights, base / "model.safetensors", {"format": "pt"})
    with pytest.raises(SourceError, match=r"the target gives a solution the likelihood nan; set dtype: float32"):
        run(base, params())


def test_architecture_that_transformers_does_not_know_is_one_line(tmp_path):
    base = write_family(tmp_path / "base", "Llama")
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(config | {"model_type": "unheard_of"}))
    with pytest.raises(SourceError, match=r"unheard_of") as caught:
        run(base, params())
    assert "\n" not in str(caught.value)


def test_limit_beyond_the_context_is_said(llama):
    long = replace(params(), generation=GenerationParams(1000, True))
    _, check = run(llama, long)
    assert check.warnings[-1].startswith("generation.max_new_tokens: 1000 and a prompt are more than the 1024 tokens")


@pytest.fixture
def served(llama):
    """A server that has the model, chosen as the engine."""
    model = checkpoints.load(checkpoints.Target(llama, None), "float32", "cpu")
    with CompletionsServer({"base": model}, make_tokenizer()) as server:
        openai = {
            "base_url": server.url, "model": "base", "prompts": "tokens", "likelihoods": True, "concurrency": 1,
            "attempts": 1, "timeout_seconds": 60,
        }  # fmt: skip
        write_runtime(engine="openai", openai=openai)
        yield server


def test_served_target_with_weights_here_is_tried_as_a_whole(served, llama):
    counts, _ = run(llama, params())
    assert counts["engine"] == "openai"
    assert counts["loss"] > 0
    assert served.requests


@pytest.mark.usefixtures("served")
def test_served_target_without_weights_is_tried_as_far_as_it_goes(tmp_path, llama, caplog):
    base = write_family(tmp_path / "bare", "Llama")
    (base / "model.safetensors").unlink()
    counts, check = run(base, params())
    assert (counts["loss"], counts["likelihood"] < 0) == (None, True)
    assert "bare: its weights cannot be loaded" in caplog.text
    assert "`train` will need them" in caplog.text
    assert check == run(llama, params())[1]


@pytest.mark.usefixtures("served")
def test_served_target_whose_modules_do_not_exist_is_refused(llama):
    with pytest.raises(ParamsError, match=r"train\.lora\.target_modules: no layer of this model is called nope; "):
        run(llama, params(["nope"]))


def test_server_that_does_not_answer_is_one_line(served, llama):
    served.__exit__()
    with pytest.raises(SourceError, match=r"runtime\.openai: http"):
        run(llama, params())
