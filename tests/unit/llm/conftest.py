"""A client that loses no time between attempts."""

import pytest

from stages.core.runtime import scratch
from stages.llm.chat import ChatRequest
from stages.llm.client import ChatClient
from stages.llm.completions import ChatClientParams
from stages.llm.request_cache import RequestCache
from stages.llm.settings import Limits, Settings

KEY = "sk-planted-0123456789abcdef"


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return KEY


def make_params(url, **changes):
    values = {
        "model": "teacher", "base_url": url, "temperature": 0.5, "max_tokens": 100, "max_tokens_field": "auto",
        "send_seed": True, "structured": "json_schema",
    }  # fmt: skip
    return ChatClientParams(**(values | changes))


def make_settings(mode="online", budget_usd=None, prices=None, **changes):
    values = {
        "concurrency": 4, "requests_per_minute": None, "tokens_per_minute": None, "attempts": 3,
        "timeout_seconds": 5.0, "backoff_seconds": 0.01, "poll_seconds": 0.02,
    }  # fmt: skip
    return Settings(mode, budget_usd, prices or {}, Limits(**(values | changes)))


def question(prompt, **changes):
    values = {"system": "Be brief.", "prompt": str(prompt), "schema": None, "sample": 0, "seed": 0}
    return ChatRequest(**(values | changes))


@pytest.fixture
def cache():
    with RequestCache(scratch("requests.sqlite")) as cache:
        yield cache


@pytest.fixture
def ask(cache):
    """Ask questions of a server and return the replies; keywords are limits."""

    def ask(server, questions, params=None, **limits):
        asked = [item if isinstance(item, ChatRequest) else question(item) for item in questions]
        return ChatClient(make_params(server.url, **(params or {})), make_settings(**limits), cache).ask(asked)

    return ask
