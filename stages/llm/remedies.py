"""The params to change where a server refuses a request, by what it serves."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Remedies:
    """What to change, in the words of params.yaml.

    Attributes:
        section: of the server.
        key: variable of the environment.
        timeout: the param that limits an attempt.
        has_params: whether the section holds what a request may ask for, such as a schema or a seed.
    """

    section: str
    key: str
    timeout: str
    has_params: bool


INSTRUCTOR = Remedies("instructor.openai", "OPENAI_API_KEY", "instructor.limits.timeout_seconds", True)
LOCAL = Remedies("instructor.local", "OPENAI_API_KEY", "instructor.limits.timeout_seconds", True)
TARGET = Remedies("runtime.openai", "TARGET_API_KEY", "runtime.openai.timeout_seconds", False)
