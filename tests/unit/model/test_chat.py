"""The chat format."""

from datetime import datetime

import pytest

from stages.core.exceptions import ParamsError
from stages.core.files import write_json
from stages.core.params import parse
from stages.model import chat as chats
from stages.model import checkpoints
from stages.model.chat import ChatParams
from tests.tiny import make_tokenizer, write_model
from tests.unit.conftest import ROOT, chat_format

TURNS = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
PROMPT = "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
CHATML = TURNS + PROMPT
THINKING = TURNS + "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% endif %}"
EMPTY_THOUGHT = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% if m.role == 'assistant' and loop.last %}<think>\n\n</think>\n\n{% endif %}"
    "{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)  # as Qwen3's
NO_SYSTEM_ROLE = "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
DROPS_SYSTEM = CHATML.replace("messages %}", "messages if m.role != 'system' %}")


def own(template, ends=(2,), **changes):
    """The format of a model whose tokenizer has this template."""
    tokenizer = make_tokenizer()
    tokenizer.chat_template = template
    return chat_format(tokenizer=tokenizer, ends=ends, **changes)


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


def test_question_is_asked_as_its_set_is_and_an_example_as_its_own(template):
    form = chat_format(template, question={"default": "{question}", "math": "{question} Box it."})
    assert form.prompt("Two?") == form.prompt("Two?", of="gsm8k")
    assert "user\nTwo?<|im_end|>" in form.prompt("Two?")
    assert "user\nTwo? Box it.<|im_end|>" in form.prompt("Two?", of="math")
    shown = form.prompt("Two?", [("One?", "1")], of="math", shown_of="gsm8k")
    assert "user\nOne?<|im_end|>" in shown
    assert "user\nTwo? Box it.<|im_end|>" in shown


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"math": "{question}"}, "need one named `default`"),
        ({"default": "{question}", "math": "x"}, "must contain {qu"),
    ],
)
def test_questions_by_set_need_a_default_and_the_question_each(question, message):
    section = {"template": "model", "file": "", "system": None, "template_arguments": {}, "final_answer": "{answer}"}
    with pytest.raises(ParamsError, match=rf"`chat\.question`: .*{message}"):
        parse(ChatParams, section | {"question": question}, "chat")


def test_completion_ends_with_the_end_of_the_turn(chat):
    assert chat.completion("2 + 2 = 4\n#### 4") == "2 + 2 = 4\n#### 4<|im_end|>"
    assert chat.end_of_turn == "<|im_end|>"


def test_prompt_and_completion_are_the_start_of_the_prompt_that_shows_them(chat):
    shown = chat.prompt("B?", [("A?", "a")])
    assert shown.startswith(chat.prompt("A?") + chat.completion("a"))
    assert chat.warnings() == []


def test_text_around_the_question_is_kept_and_braces_in_a_question_are_no_format(template):
    form = chat_format(template, "Solve: {question} Show steps.")
    assert "user\nSolve: {x} {{ y }} {question}? Show steps.<|im_end|>" in form.prompt("{x} {{ y }} {question}?")


def test_missing_template_names_param_and_path(tmp_path):
    with pytest.raises(ParamsError, match=r"chat\.file: no such file .*gone\.jinja"):
        chat_format(tmp_path / "gone.jinja")


def test_model_without_a_template_is_refused_with_what_to_write():
    with pytest.raises(ParamsError, match=r"no chat template of its own; set chat\.template: file and chat\.file: "):
        own(None)


UNUSABLE = {
    "syntax error": ("{% for m in messages %}{{ m.content }}", "cannot be used: Unexpected"),
    "refusal": ("{{ raise_exception('roles must alternate') }}", "cannot be used: roles must alternate"),
}


@pytest.mark.parametrize(("text", "reason"), UNUSABLE.values(), ids=UNUSABLE.keys())
def test_template_that_cannot_be_used_names_the_file_and_the_reason(written, text, reason):
    with pytest.raises(ParamsError, match=rf"template\.jinja {reason}"):
        chat_format(written(text))
    with pytest.raises(ParamsError, match=rf"the model's own template {reason}"):
        own(text)


def test_own_template_sees_what_transformers_gives_it():
    form = own(
        "{% macro turn(m) %}<|im_start|>{{ m.role }}\n{{ m.content }}{% endmacro %}"
        "{{ bos_token[:0] }}{{ tools[:1] if tools }}{{ {'a': 1} | tojson }}\n"
        "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{{ turn(m) }}{{ eos_token }}"
        "{% endgeneration %}{% else %}{{ turn(m) }}{% endif %}\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    assert (
        form.prompt("Two?") == '{"a": 1}\n<|im_start|>user\nTwo?<|im_start|>assistant\n'
    )  # no line break after a block
    assert form.completion("2") == "2<|im_end|>"


def test_system_message_is_sent_where_there_is_one():
    assert own(CHATML, system="Be brief.").prompt("Two?").startswith("<|im_start|>system\nBe brief.<|im_end|>\n")
    assert "system" not in own(CHATML).prompt("Two?")


def test_template_without_a_system_role_is_refused_with_what_to_set():
    assert own(NO_SYSTEM_ROLE + CHATML).warnings() == []
    with pytest.raises(ParamsError, match=r"System role not supported; .*set chat\.system: null"):
        own(NO_SYSTEM_ROLE + CHATML, system="Be brief.")


def test_dropped_system_message_is_said():
    (line,) = own(DROPS_SYSTEM, system="Be brief.").warnings()
    assert line.startswith("chat.system: the template leaves the system message out")
    assert own(DROPS_SYSTEM).warnings() == []


def test_thought_that_the_prompt_opens_is_closed_before_a_solution():
    form = own(THINKING)
    assert form.prompt("Two?").endswith("<|im_start|>assistant\n<think>\n")
    assert form.completion("2") == "</think>\n\n2<|im_end|>"
    assert own(THINKING.replace("<think>\n", "<think>")).completion("2") == "\n</think>\n\n2<|im_end|>"
    (line,) = form.warnings()
    assert line.startswith("chat.template: the template writes earlier turns otherwise than the last one")


def test_what_the_template_writes_before_an_answer_is_trained_on():
    form = own(EMPTY_THOUGHT)
    assert form.prompt("Two?").endswith("<|im_start|>assistant\n")
    assert form.completion("2") == "<think>\n\n</think>\n\n2<|im_end|>"
    assert "assistant\na<|im_end|>" in form.prompt("B?", [("A?", "a")])
    assert len(form.warnings()) == 1


def test_template_arguments_reach_the_template():
    form = own(EMPTY_THOUGHT, enable_thinking=False)
    assert form.prompt("Two?").endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n")
    assert form.completion("2") == "2<|im_end|>"


def test_template_argument_that_transformers_takes_itself_is_refused():
    with pytest.raises(ParamsError, match=r"cannot be used: .*multiple values for keyword argument 'tokenize'"):
        own(CHATML, tokenize=True)


@pytest.mark.parametrize("role", ["user", "assistant"])
def test_template_that_leaves_earlier_turns_out_is_refused(role):
    last = CHATML.replace("messages %}", f"messages if m == messages[-1] or m.role != '{role}' %}}")
    with pytest.raises(ParamsError, match=rf"the template leaves out earlier turns of the {role}"):
        own(last)


def test_end_of_turn_goes_up_to_the_first_token_that_ends_a_generation():
    template = CHATML.replace("{{ m.content }}<|im_end|>", "{{ m.content }} ~<|im_end|>")
    tilde = make_tokenizer()("~")["input_ids"][0]
    assert own(template).end_of_turn == " ~<|im_end|>"
    assert own(template, ends=(2, tilde)).end_of_turn == " ~"


def test_turn_that_ends_in_no_end_token_is_refused():
    with pytest.raises(ParamsError, match=r"after an answer the template writes '<end>\\n', with no token .*<\|im_end"):
        own(CHATML.replace("<|im_end|>", "<end>"))


def test_date_in_prompts_is_said_and_can_be_given():
    dated = "{% set day = date_string or strftime_now('%d %b %Y') %}{{ day }}\n" + CHATML
    today = datetime.now().astimezone().strftime("%d %b %Y")
    assert own(dated).prompt("Two?").startswith(f"{today}\n")
    (line,) = own(dated).warnings()
    assert line.startswith("chat.template: the template writes today's date")
    fixed = own(dated, date_string="26 Jul 2024")
    assert fixed.prompt("Two?").startswith("26 Jul 2024\n")
    assert fixed.warnings() == []


def test_second_start_token_is_refused():
    with pytest.raises(ParamsError, match=r"a prompt starts with 2 start tokens <\|im_start\|>"):
        own("{{ bos_token }}" + CHATML)


def test_plain_template_is_for_models_without_one():
    form = chat_format(ROOT / "stages/prompts/plain.jinja")
    assert form.prompt("B?", [("A?", "a\n#### 1")]) == (
        "<|im_start|>Question: A?\nAnswer:\na\n#### 1<|im_end|>\n\nQuestion: B?\nAnswer:\n"
    )
    assert form.completion("b") == "b<|im_end|>"
    assert form.warnings() == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "{% for m in messages %}\n    {% if m.content %}\nQ: {{ m.content }}{{ eos_token }}\n    {% endif %}\n"
            "{% endfor %}\nA:",
            id="lines-and-indents-of-blocks",
        ),
        pytest.param(CHATML + " A:\n", id="line-break-at-the-end-of-the-file"),
        pytest.param(
            "{% for m in messages %}{% if loop.index > 9 %}{% break %}{% endif %}{{ m.content }}<|im_end|>{% endfor %}",
            id="break",
        ),
    ],
)
def test_template_gives_the_text_that_hugging_face_tokenizers_give(written, text):
    expected = make_tokenizer().apply_chat_template(
        [{"role": "user", "content": "Two?"}], chat_template=text, add_generation_prompt=True, tokenize=False
    )
    assert chat_format(written(text)).prompt("Two?") == own(text).prompt("Two?") == expected


def test_format_of_a_base_folder_knows_all_its_end_tokens(tmp_path, template):
    import json

    folder = write_model(tmp_path / "base")
    write_json(folder / checkpoints.CARD, {"kind": "weights"})
    config = json.loads((folder / "generation_config.json").read_text())
    (folder / "generation_config.json").write_text(json.dumps(config | {"eos_token_id": [2, 40]}))
    params = ChatParams("file", str(template), None, "{question}", {}, final_answer="#### {answer}")
    assert chats.load(params, folder).ends == {2, 40}
    (folder / "generation_config.json").unlink()
    assert chats.load(params, folder).ends == {2}
