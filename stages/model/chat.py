"""The chat format: one chat template turns messages into the exact text that the target reads, everywhere.

Training, prediction, selection and evaluation all build their prompts here, so that the model is trained on the
very tokens of its prompts. The template is the tokenizer's own or a file, and transformers applies it. The special
tokens are written by the template; the tokenizer adds none.

What the template writes around an assistant's turn is what a target is trained to write around a solution: the text
before it, such as an empty thought, and the end of the turn, at which generation stops.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from jinja2 import TemplateError
from pydantic import AfterValidator

from stages.answers.final_answer import DEFAULT, FinalAnswer, check_default, missing_mark, of_set
from stages.answers.thoughts import closing, open_thought
from stages.core.exceptions import ParamsError, one_line
from stages.core.params import section
from stages.model import checkpoints, tokens

Message = dict[str, str]

_QUESTION, _SOLUTION = "QXQUESTIONQX", "QXSOLUTIONQX"  # to be found again in what a template writes
_DATE = re.compile(r"strftime_now\(\s*['\"]([^'\"]+)['\"]")


def _with_question(text: str | dict[str, str]) -> str | dict[str, str]:
    if any("{question}" not in one for one in ([text] if isinstance(text, str) else text.values())):
        raise ValueError("must contain {question}")
    return text


@section
class ChatParams(FinalAnswer):
    """The `chat` section.

    Attributes:
        template: `model` is the tokenizer's own chat template, `file` the one in `file`.
        file: path of a Jinja chat template, in the form that Hugging Face tokenizers use.
        system: the system message; None sends none, though a template may write one of its own.
        question: the text of the user's turn, in which `{question}` stands for the problem; one for all sets, or by set
            and `default`.
        template_arguments: further variables of the template, such as `{enable_thinking: false}`.
    """

    template: Literal["model", "file"]
    file: str
    system: str | None
    question: Annotated[str | dict[str, str], AfterValidator(check_default), AfterValidator(_with_question)]
    template_arguments: dict[str, Any]

    def text(self) -> str | None:
        """Return the text of the template file, or None for the model's own template.

        Raises:
            ParamsError: there is no such file.
        """
        if self.template == "model":
            return None
        if not Path(self.file).is_file():
            raise ParamsError(f"params.yaml: chat.file: no such file {self.file}")
        return Path(self.file).read_text(encoding="utf-8")

    def contradictions(self, sets: Iterable[str]) -> list[str]:
        """Return a line for each problem set whose question asks for the answer in another way than solutions end."""
        marks = {name: missing_mark(of_set(self.question, name), of_set(self.final_answer, name)) for name in sets}
        return [
            f"chat.final_answer: chat.question asks for {mark} in the set {name}, and its training rows would end in "
            f"{of_set(self.final_answer, name)!r}; let both agree"
            for name, mark in marks.items()
            if mark
        ]


class ChatFormat:
    """Builds prompts for problems, with or without worked examples before them.

    Attributes:
        tokenizer: of the target.
        ends: ids of the tokens that end a generation.
        end_of_turn: what the template writes after an answer, up to the first of these tokens.
    """

    def __init__(self, params: ChatParams, tokenizer: Any, ends: Iterable[int]) -> None:
        """Look at what the template writes for a question and its answer.

        Raises:
            ParamsError: there is no template, it cannot be used, or no turn of it ends as a generation does.
        """
        self.tokenizer, self.ends = tokenizer, frozenset(ends)
        self._params, self._text = params, params.text()
        if self._text is None and not tokenizer.chat_template:
            raise ParamsError(
                "params.yaml: chat.template: the model has no chat template of its own; set chat.template: file and "
                "chat.file: stages/prompts/plain.jinja, or stages/prompts/chatml.jinja for a model trained on ChatML"
            )
        tokens.check_start(tokenizer, self.prompt("question"))
        self._check_example()
        self._before, self.end_of_turn = self._around()

    def prompt(
        self, question: str, examples: Sequence[tuple[str, str]] = (), of: str = DEFAULT, shown_of: str = DEFAULT
    ) -> str:
        """Return the text up to the point where the model answers a question of the set `of`.

        `examples` are (question, solution) pairs of the set `shown_of`; each question is asked as its set is.
        """
        turns = [turn for shown, solution in examples for turn in (self._ask(shown, shown_of), _answer(solution))]
        return self._render([*turns, self._ask(question, of)], add_generation_prompt=True)

    def ending(self, of: str) -> str:
        """Return how an answer of the set `of` ends, with `{answer}` for the answer."""
        return of_set(self._params.final_answer, of)

    def asked(self, of: str) -> str:
        """Return the user's turn for the set `of`, with `{question}` for the question."""
        return of_set(self._params.question, of)

    def completion(self, solution: str) -> str:
        """Return the text that the model should write for a solution, with the end of its turn.

        A thought that the prompt opens is closed first.
        """
        return self._before + solution + self.end_of_turn

    def warnings(self) -> list[str]:
        """Return a line for each thing in the prompts that their reader may not expect."""
        prompt, shown = self.prompt("question"), self.prompt("another question", [("question", "solution")])
        found = []
        if self._params.system and self._params.system.strip() not in prompt:
            found.append("chat.system: the template leaves the system message out; put it into chat.question")
        if not shown.startswith(prompt + self.completion("solution")):
            found.append(
                "chat.template: the template writes earlier turns otherwise than the last one: the answer of an "
                "example differs from what the target is trained to write"
            )
        template = self._text or self.tokenizer.get_chat_template()
        if any(datetime.now().astimezone().strftime(form) in prompt for form in _DATE.findall(template)):
            found.append(
                "chat.template: the template writes today's date, so that prompts change from day to day; give one in "
                "chat.template_arguments, such as {date_string: 26 Jul 2024}"
            )
        return found

    def _check_example(self) -> None:
        shown = self.prompt("question", [(_QUESTION, _SOLUTION)])
        for text, role in ((_QUESTION, "user"), (_SOLUTION, "assistant")):
            if text not in shown:
                raise ParamsError(f"params.yaml: chat.template: the template leaves out earlier turns of the {role}")

    def _around(self) -> tuple[str, str]:
        """Return what the template writes before and after an answer."""
        prompt = self.prompt("question")
        whole = self._render([self._ask("question"), _answer(_SOLUTION)], add_generation_prompt=False)
        before, _, after = whole.partition(_SOLUTION)
        ends = [after.index(text) + len(text) for text in self._end_texts() if text in after]
        if not ends:
            raise ParamsError(
                f"params.yaml: chat.template: after an answer the template writes {after!r}, with no token that ends a "
                f"generation of this model ({', '.join(self._end_texts())}); take a template that writes one of them"
            )
        opening = open_thought(prompt)
        own = before.removeprefix(prompt) if before.startswith(prompt) else ""
        if opening and not own:
            own = f"\n{closing(opening)}\n\n"
        # Two line breaks are one token to many models, so that none may follow one that ends the prompt.
        return own.lstrip("\n") if prompt.endswith("\n") else own, after[: min(ends)]

    def _end_texts(self) -> list[str]:
        return [self.tokenizer.decode([token]) for token in sorted(self.ends)]

    def _ask(self, question: str, of: str = DEFAULT) -> Message:
        return {"role": "user", "content": self.asked(of).replace("{question}", question)}

    def _render(self, turns: Sequence[Message], *, add_generation_prompt: bool) -> str:
        system = self._params.system
        try:
            text: str = self.tokenizer.apply_chat_template(
                [*([] if system is None else [{"role": "system", "content": system}]), *turns],
                chat_template=self._text,
                add_generation_prompt=add_generation_prompt,
                tokenize=False,
                **self._params.template_arguments,
            )
        except (TemplateError, TypeError, ValueError) as error:
            name = "the model's own template" if self._text is None else self._params.file
            hint = "" if system is None else "; if it takes no system message, set chat.system: null"
            raise ParamsError(f"params.yaml: chat.template: {name} cannot be used: {one_line(error)}{hint}") from error
        return text


def load(params: ChatParams, base: Path) -> ChatFormat:
    """Return the chat format with the tokenizer of a base folder.

    Raises:
        ParamsError: the template does not fit the model.
    """
    tokenizer = checkpoints.load_tokenizer(base)
    return ChatFormat(params, tokenizer, checkpoints.end_tokens(base, tokenizer))


def _answer(solution: str) -> Message:
    return {"role": "assistant", "content": solution}
