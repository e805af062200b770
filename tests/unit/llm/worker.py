"""Ask questions as a process of its own, to be killed or run twice: `python -m ... URL MODE COUNT`."""

import sys

from stages.core.runtime import scratch
from stages.llm.client import ChatClient
from stages.llm.request_cache import RequestCache
from tests.unit.llm.conftest import make_params, make_settings, question

if __name__ == "__main__":
    url, mode, count = sys.argv[1:]
    with RequestCache(scratch("requests.sqlite")) as cache:
        client = ChatClient(make_params(url), make_settings(mode=mode), cache)
        replies = client.ask([question(i) for i in range(int(count))])
    sys.stdout.write(" ".join(reply.text for reply in replies))
