"""A real HTTP server with OpenAI's text completions protocol over models in this process.

    with CompletionsServer({"base": model}, tokenizer) as server:
        ...  # point a client at server.url

Like vLLM's it takes a prompt as token ids or as text, puts no start token before it unless `start_token` is true, and
with `echo` and `logprobs` tells the prompt's log-probabilities, unless `echo` is false; it leaves special tokens out of
texts and counts them. What `ChatServer` records and can be made to do, it does: `answer_with` replaces its answers.
"""

import threading

from tests import greedy
from tests.chat_server import Answer, ChatServer, error


class CompletionsServer(ChatServer):
    """The server, a context manager; `models` by the name under which they are served."""

    def __init__(self, models, tokenizer, echo=True, start_token=False):
        super().__init__(self.complete)
        self._models, self._tokenizer, self._echo, self._start_token = models, tokenizer, echo, start_token
        self._computing = threading.Lock()

    def route(self, method, path, raw):
        return super().route(method, path.replace("/v1/completions", "/v1/chat/completions"), raw)

    def complete(self, body):
        """Return the completion that was asked for."""
        if body["model"] not in self._models:
            return error(404, "model_not_found", f"The model {body['model']} does not exist")
        model, prompt = self._models[body["model"]], self._tokens(body["prompt"])
        with self._computing:
            ends = {self._tokenizer.eos_token_id}
            output, reason = greedy.write(model, prompt, body["max_tokens"], ends, body["temperature"])
            known = greedy.log_probabilities(model, prompt) if body.get("echo") and self._echo else None
        choice = {
            "index": 0,
            "text": self._tokenizer.decode(output, skip_special_tokens=True),
            "finish_reason": reason,
            "logprobs": known and {"token_logprobs": [*known, *[-1.0] * len(output)], "tokens": []},
        }
        counts = {"prompt_tokens": len(prompt), "completion_tokens": len(output), "total_tokens": 0}
        return Answer(200, {"id": "c", "object": "text_completion", "created": 0, "model": body["model"],
                            "choices": [choice], "usage": counts})  # fmt: skip

    def _tokens(self, prompt):
        tokens = self._tokenizer(prompt)["input_ids"] if isinstance(prompt, str) else prompt
        return [self._tokenizer.bos_token_id, *tokens] if self._start_token else tokens
