"""The chat format: one Jinja template turns messages into the exact text that the target reads, everywhere.

Training, prediction, selection and evaluation all build their prompts here, so that the model is trained on the
very tokens of its prompts. The special tokens are written by the template; the tokenizer adds none.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import AfterValidator

from stages.core.exceptions import ParamsError
from stages.core.params import section

Message = dict[str, str]


def _with_question(text: str) -> str:
    if "{question}" not in text:
        raise ValueError("must contain {question}")
    return text


@section
class ChatParams:
    """The `chat` section.

    Attributes:
        template: path of a Jinja chat template, in the form that Hugging Face tokenizers use.
        question: the text of the user's turn; `{question}` stands for the problem.
        end_of_turn: what the template writes after a turn; the model is trained to end its answer with it.
    """

    template: str
    question: Annotated[str, AfterValidator(_with_question)]
    end_of_turn: str


class ChatFormat:
    """Builds prompts for problems, with or without worked examples before them."""

    def __init__(self, params: ChatParams) -> None:
        """Compile the template.

        Raises:
            ParamsError: the file is missing or is no Jinja template.
        """
        path = Path(params.template)
        if not path.is_file():
            raise ParamsError(f"params.yaml: chat.template: no such file {path}")
        # As transformers sets it up, but for undefined variables, which are an error here.
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.loopcontrols"],
            undefined=jinja2.StrictUndefined,
        )
        environment.globals["raise_exception"] = _raise
        self._params = params
        try:
            self._template = environment.from_string(path.read_text(encoding="utf-8"))
            self.prompt("question", [("question", "solution")])
        except jinja2.TemplateError as error:
            raise ParamsError(f"{path}: not a template that this pipeline can use: {error}") from error

    def prompt(self, question: str, examples: Sequence[tuple[str, str]] = ()) -> str:
        """Return the text up to the point where the model answers; `examples` are (question, solution) pairs."""
        messages: list[Message] = []
        for shown, solution in examples:
            messages += [self._ask(shown), {"role": "assistant", "content": solution}]
        messages.append(self._ask(question))
        return self._template.render(messages=messages, add_generation_prompt=True)

    def completion(self, solution: str) -> str:
        """Return the text that the model should write for a solution, with the end of its turn."""
        return solution + self._params.end_of_turn

    def _ask(self, question: str) -> Message:
        return {"role": "user", "content": self._params.question.replace("{question}", question)}


def _raise(message: str) -> None:
    raise jinja2.TemplateError(message)
