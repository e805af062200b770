"""The `vllm` engine: offline inference by vLLM on a GPU, written for vLLM 0.33.

An iteration's model is always one LoRA adapter on the base model (`train.start: parent` goes on training the parent's
adapter and saves the whole of it), so that one `LoRARequest` is all there is to apply. vLLM does not merge it into the
weights, as the transformers engine does.

Prompts that begin alike are read once, by vLLM's automatic prefix caching. Its keys hold an adapter's name and not
what is in it (vllm-project/vllm#42125), and it keeps adapters by their number; both therefore come from the iteration
and from the content of the adapter's files.

vLLM takes no rule for ending a text at a line such as `#### answer`: it writes on to the end token or the limit, and
what comes after that line is cut off. The text is the same as if it had stopped there.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stages.pipeline.exceptions import ParamsError, SourceError
from stages.pipeline.files import content_id, directory_hash, read_json
from stages.pipeline.runtime import VllmRuntime
from stages.target import devices, models
from stages.target.generation import Generation, GenerationParams, Stop, Tokens
from stages.target.token_prompts import TokenPromptEngine

_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)  # those that vLLM can be set up for
_STOPS = {"stop": Stop.END, "length": Stop.LENGTH}


class VllmEngine(TokenPromptEngine):
    """Holds a loaded model in this process until `close`."""

    def __init__(
        self, target: models.Target, dtype: models.Dtype, params: GenerationParams, device: str, settings: VllmRuntime
    ) -> None:
        """Load the target, once no other stage has the GPU.

        Raises:
            SourceError: vLLM is not installed.
            ParamsError: vLLM cannot apply the adapter.
        """
        vllm = _import()
        super().__init__(target, params)
        devices.reserve(device)
        name, revision = models.locate(target.base)
        computed = str(models.pick_dtype(dtype)).removeprefix("torch.")
        self._adapter = adapter_request(target.adapter) if target.adapter else None
        self._params = vllm.SamplingParams
        self._llm = vllm.LLM(
            model=name,
            revision=revision,
            tokenizer_revision=revision,
            dtype=computed,
            gpu_memory_utilization=settings.gpu_memory,
            max_model_len=-1,  # the model's, or as much of it as fits into the memory
            enable_prefix_caching=True,
            generation_config="vllm",  # not the model's own, which may ask for penalties and other ends
            **(_adapter_settings(target.adapter, computed) if target.adapter else {}),
        )

    @property
    def context(self) -> int:
        """The most tokens that the model can read; vLLM wants room for one more."""
        return int(self._llm.model_config.max_model_len) - 1

    def write(self, prompts: Sequence[Tokens]) -> list[Generation]:
        """Generate greedily after each prompt.

        Raises:
            SourceError: a prompt is longer than the model can read.
        """
        params = self._params(
            temperature=0.0,
            max_tokens=self._max_new_tokens,
            stop_token_ids=sorted(self._endings.final),
            ignore_eos=True,  # those above are all ends, as in the transformers engine
            detokenize=False,
        )
        outputs = (output.outputs[0] for output in self._run(prompts, params))
        return [self._generation(list(output.token_ids), output.finish_reason) for output in outputs]

    def score(self, pairs: Sequence[tuple[Tokens, Tokens]]) -> list[float]:
        """Return the mean log-probability of each completion's tokens after its prompt, in nats a token.

        vLLM reads these prompts whole: its prefix cache keeps no log-probabilities.
        """
        params = self._params(temperature=0.0, max_tokens=1, prompt_logprobs=0, detokenize=False)
        outputs = self._run([prompt + completion for prompt, completion in pairs], params)
        return [
            _mean_logprob(output.prompt_logprobs, completion)
            for output, (_, completion) in zip(outputs, pairs, strict=True)
        ]

    def close(self) -> None:
        """End vLLM's engine, with all processes that it may have started."""
        self._llm.llm_engine.engine_core.shutdown()

    def _run(self, prompts: Sequence[Tokens], params: Any) -> list[Any]:
        longest = max(map(len, prompts), default=0)
        if longest > self.context:
            raise SourceError(
                f"a prompt has {longest} tokens, the model reads {self.context}; raise runtime.vllm.gpu_memory if that "
                "is less than the model's own limit, or leave the long problems out"
            )
        inputs = [{"prompt_token_ids": prompt} for prompt in prompts]
        outputs: list[Any] = self._llm.generate(inputs, params, use_tqdm=False, lora_request=self._adapter)
        return outputs

    def _generation(self, output: Tokens, reason: str) -> Generation:
        return self._endings.find(output) or self._endings.cut(output, _STOPS[reason])


def adapter_request(adapter: Path) -> Any:
    """Return vLLM's request for an adapter, under a name and a number of its iteration and its content."""
    from vllm.lora.request import LoRARequest  # optional

    digest = content_id(adapter.name, directory_hash(adapter))
    number = int(digest, 16) % (2**31 - 1) + 1
    return LoRARequest(f"{adapter.name}-{digest}", number, str(adapter.resolve()))


def _adapter_settings(adapter: Path, dtype: str) -> dict[str, Any]:
    """Return what vLLM must know of an adapter when it loads the base model."""
    rank = int(read_json(adapter / "adapter_config.json")["r"])
    if dtype == "float32":
        raise ParamsError(
            "params.yaml: dtype: vLLM applies adapters in 16 bit only; set bfloat16, or runtime.engine: transformers"
        )
    room = next((size for size in _RANKS if size >= rank), None)
    if room is None:
        raise ParamsError(
            f"{adapter}: vLLM applies adapters up to rank {_RANKS[-1]}, not {rank}; set runtime.engine: transformers"
        )
    return {"enable_lora": True, "max_loras": 1, "max_lora_rank": room}


def _mean_logprob(logprobs: Sequence[Any], completion: Tokens) -> float:
    last = logprobs[-len(completion) :]
    found: list[float] = [at[token].logprob for at, token in zip(last, completion, strict=True)]
    return sum(found) / len(found)


def _import() -> Any:
    # In this process vLLM ends when the stage does, however that ends, and gives its memory back.
    os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "WARNING")
    try:
        import vllm  # optional, and heavy
    except ImportError as error:
        raise SourceError(
            f"runtime.engine is `vllm`, which cannot be imported ({error}); run `pip install -e '.[vllm]'` on a "
            "machine with a GPU, or choose `transformers`"
        ) from error
    return vllm
