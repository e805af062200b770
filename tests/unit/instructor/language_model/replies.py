"""Replies as the client returns them."""

from stages.llm.completions import Answer


def reply(text, truncated=False):
    return Answer(text, None, False, truncated, "teacher", 5, 5).reply()


def failed(reason, text=""):
    return Answer(text, reason, False, False, "teacher", 5, 5).reply()
