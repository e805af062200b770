"""Ask questions as a process of its own, to be killed or run twice: `... URL MODE COUNT MODEL [BUDGET]`."""

import logging
import sys

from stages.core.exceptions import SourceError
from stages.core.runtime import scratch
from stages.llm.client import ChatClient
from stages.llm.request_cache import RequestCache
from stages.llm.settings import Price
from tests.unit.llm.conftest import make_params, make_settings, question

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    url, mode, count, model, *budget = sys.argv[1:]
    settings = make_settings(mode, float(budget[0]) if budget else None, {model: Price(10.0, 10.0)})
    with RequestCache(scratch("requests.sqlite")) as cache:
        try:
            replies = ChatClient(make_params(url, model=model), settings, cache).ask(
                [question(i) for i in range(int(count))]
            )
        except SourceError as error:
            sys.exit(str(error))
    sys.stdout.write(" ".join(reply.text for reply in replies))
