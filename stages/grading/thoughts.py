r"""Tell what a model thinks from what it says.

    split_thoughts("<think>2 * 5</think> It is 10.")                -> ("2 * 5", " It is 10.")
    split_thoughts("2 * 5</think> It is 10.")                       -> ("2 * 5", " It is 10.")
    split_thoughts("<think>2 * 5")                                  -> ("2 * 5", "")
    split_thoughts("<|channel|>final<|message|>It is 10.<|return|>") -> ("", "It is 10.")

A thought that never ends takes all that follows it. One that the prompt opened is known by its end alone, so whoever
knows that a prompt opens one (`open_thought`) puts its tag in front of the output.

Sources: the chat templates of Qwen3, DeepSeek-R1, Magistral and Gemma, and
https://cookbook.openai.com/articles/openai-harmony.
"""

import re

_TAG = re.compile(
    r"<(?P<slash>/)?(?:think(?:ing)?|thought|reasoning|seed:think)>|\[(?P<square>/)?THINK\]"
    r"|<\|(?:begin|(?P<bar>end))_of_thought\|>",
    re.IGNORECASE,
)
_CHANNEL = re.compile(
    r"<\|channel\|>\s*(\w+)[^<]*<\|message\|>(.*?)(?=<\|(?:end|return|call|start|channel)\|>|\Z)", re.DOTALL
)
_BARE_CHANNELS = re.compile(r"\s*analysis(.*?)assistantfinal(.*)", re.DOTALL)
"""Harmony channels after a decoder dropped the special tokens."""


def split_thoughts(text: str) -> tuple[str, str]:
    """Return the thoughts of a text and the rest of it; a text without thoughts comes back as the rest."""
    if "<|channel|>" in text:
        channels = _CHANNEL.findall(text)
        parts = [[said for name, said in channels if (name == "final") is final] for final in (False, True)]
        return "\n".join(parts[0]), "\n".join(parts[1])
    if "assistantfinal" in text and (bare := _BARE_CHANNELS.fullmatch(text)):
        return bare[1], bare[2]
    return _split_at_tags(text) if "<" in text or "[" in text else ("", text)


def open_thought(prompt: str) -> str:
    """Return the tag of a thought that a prompt opens at its very end, or an empty text."""
    tags = list(_TAG.finditer(prompt))
    if not tags or any(tags[-1].group("slash", "square", "bar")) or prompt[tags[-1].end() :].strip():
        return ""
    return tags[-1][0]


def closing(tag: str) -> str:
    """Return the tag that ends a thought: `</think>` for `<think>`."""
    return tag.replace("begin_of", "end_of") if "|" in tag else f"{tag[0]}/{tag[1:]}"


def _split_at_tags(text: str) -> tuple[str, str]:
    thoughts: list[str] = []
    said: list[str] = []
    position, inside = 0, False
    for tag in _TAG.finditer(text):
        ends = any(tag.group("slash", "square", "bar"))
        (thoughts if inside else said).append(text[position : tag.start()])
        if ends and not inside:  # the prompt opened it, or it began within another one
            thoughts, said = thoughts + said, []
        position, inside = tag.end(), not ends
    (thoughts if inside else said).append(text[position:])
    return "\n".join(filter(None, thoughts)), "".join(said)
