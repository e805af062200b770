r"""Tell what a model thinks from what it says.

    split_thoughts("<think>2 * 5</think> It is 10.")                -> ("2 * 5", " It is 10.")
    split_thoughts("2 * 5</think> It is 10.")                       -> ("2 * 5", " It is 10.")
    split_thoughts("<think>2 * 5")                                  -> ("2 * 5", "")
    split_thoughts("<|channel|>final<|message|>It is 10.<|return|>") -> ("", "It is 10.")

A thought that never ends takes all that follows it. One that the prompt opened is known by its end alone, so whoever
knows that a prompt opens one (`open_thought`) puts its tag in front of the output.

Sources: the chat templates of Qwen3, DeepSeek-R1, Magistral, Gemma 3 and 4, Command A and Kimi-VL, and
https://cookbook.openai.com/articles/openai-harmony.
"""

import re

_TAG = re.compile(
    r"<(/)?(?:\w+:)?(?:think(?:ing)?|thoughts?|reason(?:ing)?|reflection|scratch_?pad|draft)>|\[(/)?THINK(?:ING)?\]"
    r"|<\|(?:begin|(end))_of_thought\|>|<\|(?:start|(end))_thinking\|>|<(?:\|channel|(channel\|))>|\u25c1(/)?think\u25b7",
    re.IGNORECASE,
)
_CHANNEL = re.compile(
    r"<\|channel\|>\s*(\w+)[^<]*<\|message\|>(.*?)(?=<\|(?:end|return|call|start|channel)\|>|\Z)", re.DOTALL
)
_BARE_CHANNELS = re.compile(r"\s*analysis(.*?)assistantfinal(.*)", re.DOTALL)
"""Harmony channels after a decoder dropped the special tokens."""


def split_thoughts(text: str) -> tuple[str, str]:
    """Return the thoughts of a text and the rest of it; a text without thoughts comes back as the rest."""
    thoughts, said = _spans(text)
    return "\n".join(filter(None, (text[span] for span in thoughts))), "".join(text[span] for span in said)


def without_thoughts(text: str) -> str:
    """Return what a text says, on the lines where it says it, or its thoughts where it says nothing.

    What is left out leaves its line breaks behind, so that lines keep their numbers.
    """
    thoughts, said = _spans(text)
    kept = said if any(text[span].strip() for span in said) else thoughts
    parts: list[str] = []
    position = 0
    for span in kept:
        parts += ["\n" * text.count("\n", position, span.start), text[span]]
        position = span.stop
    return "".join(parts)


def ends_in_thought(text: str) -> bool:
    """Return whether the last thought of a text never ends."""
    thoughts, _ = _spans(text)
    return bool(thoughts) and thoughts[-1].stop == len(text)


def open_thought(prompt: str) -> str:
    """Return the tag of a thought that a prompt opens at its very end, or an empty text."""
    tags = list(_TAG.finditer(prompt))
    if not tags or tags[-1].lastindex or prompt[tags[-1].end() :].strip():
        return ""
    return tags[-1][0]


def closing(tag: str) -> str:
    """Return the tag that ends a thought: `</think>` for `<think>`."""
    if "|" not in tag:
        return f"{tag[0]}/{tag[1:]}"
    return {"<|channel>": "<channel|>"}.get(tag) or tag.replace("begin_of", "end_of").replace("START", "END")


def _spans(text: str) -> tuple[list[slice], list[slice]]:
    """Return where the thoughts are and where the rest is, each in order."""
    if "<|channel|>" in text:
        channels = [(match[1] == "final", slice(*match.span(2))) for match in _CHANNEL.finditer(text)]
        return [span for final, span in channels if not final], [span for final, span in channels if final]
    if "assistantfinal" in text and (bare := _BARE_CHANNELS.fullmatch(text)):
        return [slice(*bare.span(1))], [slice(*bare.span(2))]
    return _spans_between_tags(text) if any(sign in text for sign in "<[\u25c1") else ([], [slice(0, len(text))])


def _spans_between_tags(text: str) -> tuple[list[slice], list[slice]]:
    spans: list[tuple[slice, bool]] = []
    position, inside, opened_before = 0, False, 0
    for tag in _TAG.finditer(text):
        ends = tag.lastindex is not None
        if tag.start() > position:
            spans.append((slice(position, tag.start()), inside))
        if ends and not inside:  # the prompt opened it, or it began within another one
            opened_before = len(spans)
        position, inside = tag.end(), not ends
    spans.append((slice(position, len(text)), inside))
    thoughts = [span for i, (span, is_thought) in enumerate(spans) if is_thought or i < opened_before]
    said = [span for i, (span, is_thought) in enumerate(spans) if not is_thought and i >= opened_before]
    return thoughts, said
