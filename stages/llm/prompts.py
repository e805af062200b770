"""Prompt files: a system text, a line `---`, and the prompt with a `{name}` for each value.

You are a careful reader.
---
Sum up this text: {text}
"""

import re
from dataclasses import dataclass
from pathlib import Path

from stages.core.exceptions import RecordsError
from stages.llm.chat import ChatRequest, Schema

_RULE = "\n---\n"


@dataclass(frozen=True)
class Prompt:
    """A prompt file's two parts."""

    path: Path
    system: str
    user: str

    @classmethod
    def read(cls, path: Path) -> "Prompt":
        """Read a prompt file.

        Raises:
            RecordsError: the file is missing, or no line `---` parts it.
        """
        if not path.is_file():
            raise RecordsError(f"{path}: no such file; restore it with `git checkout {path}`")
        system, rule, user = path.read_text(encoding="utf-8").partition(_RULE)
        if not rule:
            raise RecordsError(f"{path}: a line `---` must part the system text from the prompt")
        return cls(path, system.strip(), user.strip())

    def request(self, values: dict[str, str], schema: Schema | None, sample: int = 0, seed: int = 0) -> ChatRequest:
        """Return the request with the values filled in.

        Raises:
            RecordsError: the prompt lacks the field of one of the values.
        """
        for name in values:
            if f"{{{name}}}" not in self.user:
                raise RecordsError(f"{self.path}: the prompt must say where {{{name}}} goes")
        return ChatRequest(self.system, fill(self.user, values), schema, sample, seed)


def fill(template: str, values: dict[str, str]) -> str:
    """Replace each `{name}` by its value, once: braces in a value, as in LaTeX, stay."""
    field = re.compile("|".join(re.escape(f"{{{name}}}") for name in values))
    return field.sub(lambda match: values[match[0][1:-1]], template)
