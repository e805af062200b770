"""A stand-in for vLLM 0.33, on the CPU: NOT vLLM, only the part of its interface that this project uses.

It computes with transformers, one prompt at a time, and takes from vLLM what an engine must get right: arguments that
it does not know are errors; a stop token is among the tokens of an output; prompts are token ids and must leave room
for one more; adapters come in 16 bit with a rank among those that there is room for; what was computed is reused for
the same tokens under the same adapter name, whatever the adapter holds by now (vllm-project/vllm#42125).

What it does goes to the file that VLLM_STAND_IN_LOG names, one JSON object a line:

    {"event": "loaded", "pid": 4711, "dtype": "float32", "memory": 3000000000}
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


@dataclass(frozen=True)
class SamplingParams:
    temperature: float = 1.0
    max_tokens: int = 16
    stop_token_ids: tuple = ()
    ignore_eos: bool = False
    prompt_logprobs: int | None = None
    detokenize: bool = True


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
        self._computed = {}
        limit = self._models[None].config.max_position_embeddings
        self.model_config = SimpleNamespace(max_model_len=limit if max_model_len in (None, -1) else max_model_len)
        memory = kv_cache_memory_bytes or gpu_memory_utilization
        _log(event="loaded", pid=os.getpid(), dtype=dtype, memory=memory)

    def generate(self, prompts, sampling_params, *, use_tqdm=True, lora_request=None):
        assert not use_tqdm
        assert sampling_params.temperature == 0
        assert not sampling_params.detokenize
        return [self._one(prompt["prompt_token_ids"], sampling_params, lora_request) for prompt in prompts]

    def _one(self, prompt, params, lora):
        if len(prompt) + 1 > self.model_config.max_model_len:
            raise ValueError(f"the prompt ({len(prompt)} tokens) is too long")
        name = lora.lora_name if lora else None
        found = self._computed.get((name, tuple(prompt), repr(params)))
        if found is None:
            found = self._computed[name, tuple(prompt), repr(params)] = self._compute(prompt, params, self._model(lora))
        return found

    def _compute(self, prompt, params, model):
        _log(event="computed", prompt=prompt)
        end = set() if params.ignore_eos else {model.config.eos_token_id}
        tokens, reason = greedy.write(model, prompt, params.max_tokens, end | set(params.stop_token_ids))
        logprobs = None
        if params.prompt_logprobs is not None:
            logprobs = [
                None if value is None else {token: SimpleNamespace(logprob=value)}
                for token, value in zip(prompt, greedy.log_probabilities(model, prompt), strict=True)
            ]
        output = SimpleNamespace(token_ids=tuple(tokens), finish_reason=reason)
        return SimpleNamespace(outputs=[output], prompt_logprobs=logprobs)

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
