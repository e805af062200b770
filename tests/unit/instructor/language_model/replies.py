"""Replies as the client returns them."""

from stages.llm.chat import Reply


def reply(text, truncated=False):
    return Reply(text, None, truncated, "teacher")


def failed(reason, text=""):
    return Reply(text, reason, False, "teacher")
