"""The `vllm` engine: offline inference by vLLM, in a process of its own (docs/engines.md).

Memory is free again when that process ends, and it may have an environment of its own: `vllm_worker` beside this module
runs under the interpreter that `runtime.vllm.python` names, and needs nothing there but vLLM.

An iteration's model is a whole one, or one LoRA adapter on the base model (`train.start: parent` goes on training the
parent's adapter and saves the whole of it): one request for an adapter is all there is to apply. On a GPU vLLM has it
beside the weights. On a CPU that takes nine times as long, and vLLM gets a merged copy (`stages.model.merging`).

Prompts that begin alike are read once, by vLLM's automatic prefix caching. Its keys hold an adapter's name and not
what is in it (vllm-project/vllm#42125), and it keeps adapters by their number; both therefore come from the iteration
and from the content of the adapter's files.

vLLM takes no rule for ending a text at a line such as `#### answer`: it writes on to the end token or the limit, and
what comes after that line is cut off. The text is the same as if it had stopped there.

Samples are requests with the same prompt, which is read once too. A request's own seed fails on a CPU; the process is
seeded before each batch instead.
"""

import json
import os
import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from stages.core.exceptions import ParamsError, SourceError
from stages.core.files import content_id, directory_hash, read_json
from stages.core.runtime import Runtime, set_threads
from stages.model import checkpoints, devices
from stages.model.engines import vllm_worker
from stages.model.engines.token_prompts import TokenPromptEngine
from stages.model.engines.vllm_failures import explain, explain_end
from stages.model.generation import Draw, Engine, Generation, GenerationParams, Stop, Tokens
from stages.model.merging import merged

_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)  # supported by vLLM as `max_lora_rank`
_STOPS = {"stop": Stop.END, "length": Stop.LENGTH}
_END_TIMEOUT = 30.0  # seconds
_GPU_SHARE = 0.8  # of a GPU's memory, with the weights
_CPU_BLOCK = 32  # tokens; the prefix cache keeps whole blocks, and by default one has 128 tokens on a CPU
_CPU_GB = 3.0  # of keys and values; plenty for the 128 texts that vLLM has in flight


class VllmEngine(TokenPromptEngine):
    """Talks to the process that holds the model, which lives until `close`."""

    def __init__(
        self,
        target: checkpoints.Target,
        dtype: checkpoints.Dtype,
        params: GenerationParams,
        runtime: Runtime,
    ) -> None:
        """Load the target, an adapter beside the weights, once no other stage has the GPU.

        Raises:
            SourceError: vLLM is not installed, does not start, or lacks memory.
            ParamsError: vLLM cannot apply the adapter.
        """
        super().__init__(target, params)
        assert runtime.vllm  # `core.runtime` has seen to it
        request = loading(target, dtype, runtime.device, runtime.vllm.memory_gb)
        held = devices.reserve(runtime.device)
        self._python, self._memory_gb = interpreter(runtime.vllm.python), runtime.vllm.memory_gb
        self._process = _start(self._python, held, environment(runtime))
        assert self._process.stdin  # a pipe, as is the next
        assert self._process.stdout
        self._requests, self._replies = self._process.stdin, self._process.stdout
        try:
            self._context = int(self._ask(request)["context"])
        except BaseException:
            self.close()
            raise

    @property
    def context(self) -> int:
        """The model's context length in tokens, as vLLM has room for it."""
        return self._context

    def write(self, prompts: Sequence[Tokens], draw: Draw | None = None) -> list[Generation]:
        """Generate after each prompt: greedily, or as `draw` says.

        Raises:
            SourceError: a prompt is longer than the model can read, or vLLM's process ended.
        """
        outputs = self._run(
            prompts,
            draw,
            max_tokens=self._max_new_tokens,
            stop_token_ids=sorted(self._stop_rule.final),
            ignore_eos=True,  # those above are all ends, as in the transformers engine
        )
        return [
            self._generation(output["tokens"], output["reason"], self._stop_rule.opening(prompt))
            for output, prompt in zip(outputs, prompts, strict=True)
        ]

    def score(self, pairs: Sequence[tuple[Tokens, Tokens]]) -> list[float]:
        """Return the mean log-probability of each completion's tokens after its prompt, in nats a token.

        vLLM's prefix cache keeps no log-probabilities: a text whose completion was read before is read whole.
        """
        rows = self._logprobs(pairs, skip_reading_prefix_cache=False)
        again = [i for i, row in enumerate(rows) if None in row]
        whole = self._logprobs([pairs[i] for i in again], skip_reading_prefix_cache=True) if again else []
        for i, row in zip(again, whole, strict=True):
            rows[i] = row
        return [sum(row) / len(row) for row in rows]

    def _logprobs(self, pairs: Sequence[tuple[Tokens, Tokens]], **params: Any) -> list[Any]:
        """Return the log-probabilities of each completion's tokens, None for a token whose prefix was in the cache."""
        texts = [prompt + completion for prompt, completion in pairs]
        outputs = self._run(texts, max_tokens=1, prompt_logprobs=0, **params)
        return [output["logprobs"][-len(pair[1]) :] for output, pair in zip(outputs, pairs, strict=True)]

    def close(self) -> None:
        """End vLLM's process, which frees the GPU's memory."""
        self._replies.close()
        with suppress(BrokenPipeError):  # of a request that a process which is gone did not take
            self._requests.close()
        await_end(self._process)

    def _run(self, prompts: Sequence[Tokens], draw: Draw | None = None, **params: Any) -> list[Any]:
        longest = max(map(len, prompts), default=0)
        if longest > self.context:
            raise SourceError(
                f"a prompt has {longest} tokens, and vLLM reads {self.context} at most; raise runtime.vllm.memory_gb "
                "if that is less than the model's own limit, or leave the long problems out"
            )
        sampling = {"temperature": draw.temperature if draw else 0.0, "detokenize": False, **params}
        request = {"prompts": list(prompts), "params": sampling, "seed": draw and draw.seed}
        outputs: list[Any] = self._ask(request)["outputs"]
        return outputs

    def _ask(self, request: dict[str, Any]) -> Any:
        try:
            self._requests.write(json.dumps(request) + "\n")
            self._requests.flush()
            line = self._replies.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise SourceError(explain_end(self._process.wait(), self._memory_gb))
        reply = json.loads(line)
        if "error" in reply:
            raise SourceError(explain(**reply["error"], python=self._python, memory_gb=self._memory_gb))
        return reply

    def _generation(self, output: Tokens, reason: str, opening: str) -> Generation:
        return self._stop_rule.find(output, 0, opening) or self._stop_rule.cut(output, _STOPS[reason], opening)


@contextmanager
def open_engine(
    target: checkpoints.Target, dtype: checkpoints.Dtype, params: GenerationParams, runtime: Runtime
) -> Iterator[Engine]:
    """Open the engine `vllm`, and end its process with the block; on a CPU, adapters are merged into the weights."""
    set_threads(runtime.threads)
    devices.reserve(runtime.device)
    if target.adapter and checkpoints.pick_device(runtime.device) == "cpu":
        target = merged(target, dtype)
    with closing(VllmEngine(target, dtype, params, runtime)) as engine:
        yield engine


def loading(
    target: checkpoints.Target, dtype: checkpoints.Dtype, device: str, memory_gb: float | None
) -> dict[str, Any]:
    """Return the request that loads a target.

    Raises:
        ParamsError: vLLM cannot apply the adapter.
    """
    name, revision = checkpoints.locate(target.base)
    llm = {
        "model": name,
        "revision": revision,
        "tokenizer_revision": revision,
        "dtype": checkpoints.dtype_name(dtype),
        **on_device(device, memory_gb),
        "max_model_len": -1,  # the model's, or as much of it as fits into the memory
        "enable_prefix_caching": True,
        "generation_config": "vllm",  # not the model's own, which may ask for penalties and other ends
    }
    if target.adapter is None:
        return {"llm": llm, "adapter": None}
    if llm["dtype"] == "float32":
        raise ParamsError(
            "params.yaml: dtype: vLLM applies adapters in 16 bit only; set bfloat16, or runtime.engine: transformers"
        )
    llm |= {"enable_lora": True, "max_loras": 1, "max_lora_rank": _max_rank(target.adapter)}
    return {"llm": llm, "adapter": adapter_request(target.adapter)}


def on_device(device: str, memory_gb: float | None) -> dict[str, Any]:
    """Return vLLM's arguments for a device: its memory, and on a CPU no compiling, which costs more than it gains."""
    on_cpu = checkpoints.pick_device(device) == "cpu"
    if memory_gb is None and not on_cpu:
        return {"gpu_memory_utilization": _GPU_SHARE}
    memory = {"kv_cache_memory_bytes": round((memory_gb or _CPU_GB) * 10**9)}
    return memory | ({"enforce_eager": True, "block_size": _CPU_BLOCK} if on_cpu else {})


def adapter_request(adapter: Path) -> tuple[str, int, str]:
    """Return an adapter's name and number for vLLM, from its iteration and content, and its path."""
    digest = content_id(adapter.name, directory_hash(adapter))
    return f"{adapter.name}-{digest}", int(digest, 16) % (2**31 - 1) + 1, str(adapter.resolve())


def _max_rank(adapter: Path) -> int:
    """Return the smallest rank of vLLM's that holds the adapter's."""
    rank = int(read_json(adapter / "adapter_config.json")["r"])
    max_rank = next((supported for supported in _RANKS if supported >= rank), None)
    if max_rank is None:
        raise ParamsError(
            f"{adapter}: vLLM applies adapters up to rank {_RANKS[-1]}, not {rank}; set runtime.engine: transformers"
        )
    return max_rank


def interpreter(python: str | None) -> str:
    """Return the interpreter that a setting names; a path counts from the repository.

    Queued experiments run in a copy of the workspace that lacks the environment; DVC_ROOT names the repository.
    """
    if python is None:
        return sys.executable
    return str(Path(os.environ.get("DVC_ROOT", "."), python)) if "/" in python else python


def environment(runtime: Runtime) -> dict[str, str]:
    """Return the environment of vLLM's process, with its number of threads on a CPU; 0 leaves vLLM's choice.

    By itself a server of vLLM on a CPU keeps one core free for a process that waits busily for the one with the model.
    Without multiprocessing they are one.
    """
    if runtime.threads and checkpoints.pick_device(runtime.device) == "cpu":
        return os.environ | {"OMP_NUM_THREADS": str(runtime.threads), "VLLM_ENABLE_V1_MULTIPROCESSING": "0"}
    return dict(os.environ)


def await_end(process: subprocess.Popen[Any]) -> None:
    """Wait for a process whose input is closed, and kill it where it does not end by itself."""
    try:
        process.wait(_END_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _start(python: str, held: Collection[int], environ: dict[str, str]) -> subprocess.Popen[str]:
    """Start the worker, which holds the locks of its GPUs too: it may outlive the stage by a moment."""
    command = [python, "-P", vllm_worker.__file__]  # -P: the modules beside the worker are not for vLLM to import
    try:
        # In a session of its own: what interrupts the stage reaches it as the end of its requests.
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env=environ,
            start_new_session=True,
            pass_fds=held,
        )
    except OSError as error:
        raise SourceError(f"params.yaml: runtime.vllm.python: {python}: {error.strerror}") from error
