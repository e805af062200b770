"""vLLM in a process of its own: `python -P vllm_worker.py`, by an interpreter that has vLLM 0.32 or 0.33.

It imports nothing of this project, which that interpreter need not have. Requests come on stdin and replies go to
stdout, one JSON object a line, in turn; the first request loads the model:

    {"llm": {"model": "models/base", ...}, "adapter": ["iter1-3f0c...", 7, "models/iter1"]}    {"context": 8191}
    {"prompts": [[1, 9690, ...]], "params": {"temperature": 0.0, "max_tokens": 160, ...}, "seed": null}
        {"outputs": [{"tokens": [28, ..., 2], "reason": "stop", "logprobs": null}]}

With `prompt_logprobs` among the params, `logprobs` are those of the prompt's tokens, null for the first and for those
whose prefix came out of the cache. An exception is answered with the names of its classes and its text, and the process
ends:

    {"error": {"kinds": ["ModuleNotFoundError", "ImportError", ...], "text": "No module named 'vllm'"}}

It also ends, at once, when stdin does, which happens however the process at its other end dies: the memory is free
again then.
"""

import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import Any, TextIO


def main() -> None:
    """Serve the requests on stdin."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what vLLM prints is no reply
    # In this very process vLLM cannot outlive it.
    os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
    os.environ.setdefault("VLLM_LOGGING_LEVEL", "WARNING")
    try:
        _serve(_requests(sys.stdin), replies)
    except Exception as error:  # noqa: BLE001  # whatever it is; the reader of the reply says what to do
        traceback.print_exc()
        _send(replies, {"error": {"kinds": [kind.__name__ for kind in type(error).__mro__], "text": str(error)}})
        os._exit(1)  # threads of vLLM would keep a process alive that answers no more


def _serve(requests: Iterator[dict[str, Any]], replies: TextIO) -> None:
    model = Model(**next(requests))
    _send(replies, {"context": model.context})
    for request in requests:
        _send(replies, {"outputs": model.run(**request)})


class Model:
    """A loaded model, with the one adapter that is put on it, if any."""

    def __init__(self, llm: dict[str, Any], adapter: list[Any] | None) -> None:
        """Load it; `llm` are arguments of vLLM's `LLM`, `adapter` those of its `LoRARequest`.

        Raises:
            ImportError: there is no vLLM.
        """
        from vllm import LLM, SamplingParams  # optional, and heavy, as is the next
        from vllm.lora.request import LoRARequest

        self._sampling = SamplingParams
        self._adapter = LoRARequest(*adapter) if adapter else None
        self._llm = LLM(**llm)

    @property
    def context(self) -> int:
        """The context length in tokens, less one: vLLM wants room for a new token."""
        return int(self._llm.model_config.max_model_len) - 1

    def run(self, prompts: list[list[int]], params: dict[str, Any], seed: int | None) -> list[dict[str, Any]]:
        """Return the output of each prompt, in order.

        `seed` is for all draws of the call. By itself every process of vLLM would draw alike from its start on.
        """
        if seed is not None:
            import torch  # as vLLM does

            torch.manual_seed(seed)
        inputs = [{"prompt_token_ids": prompt} for prompt in prompts]
        outputs = self._llm.generate(inputs, self._sampling(**params), use_tqdm=False, lora_request=self._adapter)
        return [
            {
                "tokens": list(output.outputs[0].token_ids),
                "reason": output.outputs[0].finish_reason,
                "logprobs": output.prompt_logprobs and _of_tokens(prompt, output),
            }
            for prompt, output in zip(prompts, outputs, strict=True)
        ]


def _of_tokens(prompt: list[int], output: Any) -> list[float | None]:
    """Return the log-probability of each prompt token, None where its prefix was in the cache.

    vLLM gives several candidates at a position. What it gives for the cached part means nothing, or is left out.
    """
    computed = len(prompt) - 1 - output.num_cached_tokens
    tokens, candidates = (rows[len(rows) - computed :] for rows in (prompt, output.prompt_logprobs))
    found = [float(at[token].logprob) for token, at in zip(tokens, candidates, strict=True)]
    return [None] * (len(prompt) - computed) + found


def _requests(lines: TextIO) -> Iterator[dict[str, Any]]:
    """Yield the requests; end the process at the end of the lines, also while one is being worked on."""
    arrived: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        for line in lines:
            arrived.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    while True:
        yield json.loads(arrived.get())


def _send(replies: TextIO, reply: dict[str, Any]) -> None:
    replies.write(json.dumps(reply) + "\n")
    replies.flush()


if __name__ == "__main__":
    main()
