"""A stand-in for vLLM 0.32, on the CPU: NOT vLLM, only the part of its interface that this project uses.

It computes with transformers, one prompt at a time, and takes from vLLM what an engine must get right: arguments that
it does not know are errors; a stop token is among the tokens of an output; prompts are token ids and must leave room
for one more; adapters come in 16 bit with a rank among those that there is room for; what was computed is reused for
the same tokens under the same adapter name, whatever the adapter holds by now (vllm-project/vllm#42125); the
log-probabilities of a prompt are those of the tokens after its cached prefix, and before that anything.

What it does goes to the file that VLLM_STAND_IN_LOG names, one JSON object a line:

    {"event": "loaded", "pid": 4711, "dtype": "float32", "eager": true, "threads": "2"}
    {"event": "adapter", "name": "iter1-3f0c...", "number": 7}
    {"event": "computed", "prompt": [1, 5, 9]}
"""

import json
import os
import threading
from dataclasses import dataclass
from types import SimpleNamespace

from tests import greedy

_RANKS = {1, 8, 16, 32, 64, 128, 256, 320, 512}
_BLOCK = 4  # tokens


@dataclass(frozen=True)
class SamplingParams:
    temperature: float = 1.0
    max_tokens: int = 16
    stop_token_ids: tuple = ()
    ignore_eos: bool = False
    prompt_logprobs: int | None = None
    detokenize: bool = True
    skip_reading_prefix_cache: bool | None = None


class LLM:
    def __init__(
        self,
        model,
        *,
        revision=None,
        tokenizer_revision=None,  # noqa: ARG002  # a part of the interface
        dtype="auto",
        gpu_memory_utilization=0.92,
        kv_cache_memory_bytes=None,
        enforce_eager=False,
        block_size=None,  # noqa: ARG002
        max_model_len=None,
        enable_prefix_caching=None,
        generation_config="auto",
        enable_lora=False,
        max_loras=1,
        max_lora_rank=16,
    ):
        import torch
        from transformers import AutoModelForCausalLM

        threading.Thread(target=threading.Event().wait).start()  # does not end, as threads of vLLM may not
        assert 0 < gpu_memory_utilization <= 1
        assert enable_prefix_caching
        assert generation_config == "vllm"
        assert max_loras == 1
        assert max_lora_rank in _RANKS
        self._base = lambda: AutoModelForCausalLM.from_pretrained(
            model, revision=revision, dtype=getattr(torch, dtype)
        ).eval()
        self._models = {None: self._base()}
        self._lora_rank = max_lora_rank if enable_lora else 0
        self._computed, self._read = {}, set()
        limit = self._models[None].config.max_position_embeddings
        self.model_config = SimpleNamespace(max_model_len=limit if max_model_len in (None, -1) else max_model_len)
        if (kv_cache_memory_bytes or 0) > 10**15:
            raise ValueError(
                "Available memory on node 0 (20.0/24.0 GiB) on kv cache allocation is less than requested memory for kv"
            )
        threads = os.environ.get("OMP_NUM_THREADS")
        _log(event="loaded", pid=os.getpid(), dtype=dtype, eager=enforce_eager, threads=threads)

    def generate(self, prompts, sampling_params, *, use_tqdm=True, lora_request=None):
        assert not use_tqdm
        assert not sampling_params.detokenize
        return [self._one(prompt["prompt_token_ids"], sampling_params, lora_request) for prompt in prompts]

    def _one(self, prompt, params, lora):
        if len(prompt) + 1 > self.model_config.max_model_len:
            raise ValueError(f"the prompt ({len(prompt)} tokens) is too long")
        name = lora.lora_name if lora else None
        cached = 0 if params.skip_reading_prefix_cache else self._cached(name, prompt)
        self._read.update((name, tuple(prompt[:end])) for end in range(0, len(prompt) + 1, _BLOCK))
        key = (name, tuple(prompt), repr(params), cached)
        if params.temperature or key not in self._computed:
            self._computed[key] = self._compute(prompt, params, self._model(lora), cached)
        return self._computed[key]

    def _cached(self, name, prompt):
        """Return how many tokens of the prompt were read before, in whole blocks; the last token is read always."""
        ends = range(0, len(prompt), _BLOCK)
        return max(end for end in ends if end == 0 or (name, tuple(prompt[:end])) in self._read)

    def _compute(self, prompt, params, model, cached):
        _log(event="computed", prompt=prompt)
        end = set() if params.ignore_eos else {model.config.eos_token_id}
        tokens, reason = greedy.write(
            model, prompt, params.max_tokens, end | set(params.stop_token_ids), params.temperature
        )
        logprobs = None
        if params.prompt_logprobs is not None:
            logprobs = [
                None if value is None else {token: SimpleNamespace(logprob=value)}
                for token, value in zip(prompt, greedy.log_probabilities(model, prompt), strict=True)
            ]
            logprobs[1 : cached + 1] = [{-1: SimpleNamespace(logprob=9.0)}] * cached  # memory that nobody wrote to
        output = SimpleNamespace(token_ids=tuple(tokens), finish_reason=reason)
        return SimpleNamespace(outputs=[output], prompt_logprobs=logprobs, num_cached_tokens=cached)

    def _model(self, lora):
        if lora is None:
            return self._models[None]
        if lora.lora_int_id not in self._models:
            self._models[lora.lora_int_id] = self._with_adapter(lora)
        return self._models[lora.lora_int_id]

    def _with_adapter(self, lora):
        import torch
        from peft import PeftModel

        _log(event="adapter", name=lora.lora_name, number=lora.lora_int_id)
        base = self._base()
        assert base.dtype in (torch.float16, torch.bfloat16)
        model = PeftModel.from_pretrained(base, lora.lora_path)
        assert model.peft_config["default"].r <= self._lora_rank
        return model.merge_and_unload().eval()  # vLLM keeps the adapter apart; so the results are the merged model's


def _log(**event):
    with open(os.environ["VLLM_STAND_IN_LOG"], "a", encoding="utf-8") as file:
        file.write(json.dumps(event) + "\n")
