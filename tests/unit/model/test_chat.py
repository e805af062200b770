"""The chat format."""

import pytest

from stages.core.exceptions import ParamsError
from stages.model.chat import ChatFormat, ChatParams
from tests.tiny import make_tokenizer


def make(path, question="{question}", end="<|im_end|>"):
    return ChatFormat(ChatParams(str(path), question, end))


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "template.jinja"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_default_prompt_is_the_question_alone_without_system_text(chat):
    assert chat.prompt("Two and two?") == "<|im_start|>user\nTwo and two?<|im_end|>\n<|im_start|>assistant\n"


def test_examples_come_before_the_question_in_order(chat):
    assert chat.prompt("C?", [("A?", "a\n#### 1"), ("B?", "b\n#### 2")]) == (
        "<|im_start|>user\nA?<|im_end|>\n<|im_start|>assistant\na\n#### 1<|im_end|>\n"
        "<|im_start|>user\nB?<|im_end|>\n<|im_start|>assistant\nb\n#### 2<|im_end|>\n"
        "<|im_start|>user\nC?<|im_end|>\n<|im_start|>assistant\n"
    )


def test_completion_ends_with_the_end_of_the_turn(chat):
    assert chat.completion("2 + 2 = 4\n#### 4") == "2 + 2 = 4\n#### 4<|im_end|>"


def test_prompt_and_completion_are_the_start_of_the_prompt_that_shows_them(chat):
    shown = chat.prompt("B?", [("A?", "a")])
    assert shown.startswith(chat.prompt("A?") + chat.completion("a"))


def test_text_around_the_question_is_kept_and_braces_in_a_question_are_no_format(template):
    chat = make(template, "Solve: {question} Show steps.")
    assert "user\nSolve: {x} {{ y }} {question}? Show steps.<|im_end|>" in chat.prompt("{x} {{ y }} {question}?")


def test_missing_template_names_param_and_path(tmp_path):
    with pytest.raises(ParamsError, match=r"chat\.template: no such file .*gone\.jinja"):
        make(tmp_path / "gone.jinja")


UNUSABLE = {
    "syntax error": ("{% for m in messages %}{{ m.content }}", "not a template that this pipeline can use: Unexpected"),
    "refusal": ("{% if messages[0] %}{{ raise_exception('needs a system') }}{% endif %}", ".*needs a sys"),
    "undefined": ("{{ bos }}{% for m in messages %}{{ m.content }}{% endfor %}", ".*'bos' is undefined"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "reason"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_template_that_cannot_be_used_names_the_file_and_the_reason(written, text, reason):
    with pytest.raises(ParamsError, match=rf"template\.jinja: {reason}"):
        make(written(text))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "{% for m in messages %}\n    {% if m.content %}\nQ: {{ m.content }}\n    {% endif %}\n{% endfor %}\nA:",
            id="lines-and-indents-of-blocks",
        ),
        pytest.param("{% for m in messages %}{{ m.content }}{% endfor %} A:\n", id="line-break-at-the-end-of-the-file"),
        pytest.param(
            "{% if not messages %}{{ raise_exception('none') }}{% endif %}{{ messages[-1].content }}",
            id="raise_exception",
        ),
        pytest.param(
            "{% for m in messages %}{% if loop.index > 1 %}{% break %}{% endif %}{{ m.content }}{% endfor %}",
            id="break",
        ),
    ],
)
def test_template_gives_the_text_that_hugging_face_tokenizers_give(written, text):
    expected = make_tokenizer().apply_chat_template(
        [{"role": "user", "content": "Two?"}], chat_template=text, add_generation_prompt=True, tokenize=False
    )
    assert make(written(text)).prompt("Two?") == expected


def test_default_template_gives_the_text_that_hugging_face_tokenizers_give(chat, template):
    messages = [
        {"role": "user", "content": "A?"},
        {"role": "assistant", "content": "a"},
        {"role": "user", "content": "B?"},
    ]
    assert chat.prompt("B?", [("A?", "a")]) == make_tokenizer().apply_chat_template(
        messages, chat_template=template.read_text(), add_generation_prompt=True, tokenize=False
    )
