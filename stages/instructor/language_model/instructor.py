"""The instructor that is a language model behind an OpenAI-compatible server; each job has a module of its own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from stages.core.metrics import Usage
from stages.core.records import Case, Keyphrase
from stages.core.runtime import scratch
from stages.instructor.interface import Attempt, Draft, Grouping, NamedType, SynthesisRequest
from stages.instructor.language_model import correcting, grouping, keyphrases, naming, problem_writing, solving
from stages.llm import settings
from stages.llm.client import ChatClient
from stages.llm.completions import ChatClientParams
from stages.llm.request_cache import RequestCache


class LanguageModelInstructor:
    """An `Instructor`; a refusal, an empty reply or one that does not fit its job ends in a record, not in an error.

    All jobs raise SourceError where the server refuses to serve.
    """

    solves = True

    def __init__(self, client: ChatClient) -> None:
        """Take the client of the model's server."""
        self._client = client
        self._ask = client.ask

    def keyphrases(self, cases: Sequence[Case]) -> list[Keyphrase]:
        """Ask for the reason of each first mistake; a reply that does not fit makes the case `unassigned`.

        Raises:
            SourceError: more than half of the replies are of no use.
        """
        return keyphrases.keyphrases(cases, self._ask(keyphrases.requests(cases)))

    def name_types(self, groups: Sequence[Sequence[str]]) -> list[NamedType]:
        """Ask for a name and an explanation of each group; the most central keyphrase is its name without them."""
        return naming.named_types(groups, self._ask(naming.requests(groups)))

    def group_keyphrases(self, keyphrases: Sequence[str]) -> Grouping:
        """Ask for types of a first part of the keyphrases, and for the assignment of the others to them or to new ones.

        Raises:
            SourceError: more than half of the replies are of no use.
        """
        return grouping.group(keyphrases, self._ask)

    def has_exercises(self, error_type_name: str) -> bool:
        """Tell whether the error type has a name."""
        return bool(error_type_name)

    def synthesize(self, requests: Sequence[SynthesisRequest]) -> list[list[Draft]]:
        """Ask for the new problems of each request; one that does not fit is a draft with its failure."""
        replies = self._ask(problem_writing.requests(requests))
        return [problem_writing.drafts(request, reply) for request, reply in zip(requests, replies, strict=True)]

    def corrections(self, cases: Sequence[Case]) -> list[Draft]:
        """Ask for the place of each first mistake, its correction and the rest of the solution."""
        replies = self._ask(correcting.requests(cases))
        return [correcting.draft(case, reply) for case, reply in zip(cases, replies, strict=True)]

    def solve(self, questions: Sequence[str], samples: int, seed: int) -> list[list[Attempt]]:
        """Ask for `samples` solutions of each question, all at once."""
        replies = self._ask(solving.requests(questions, samples, seed))
        return solving.attempts(replies, len(questions), samples)

    def usage(self) -> Usage:
        """Return the usage of all replies so far."""
        return self._client.usage()


@contextmanager
def open_instructor(params: ChatClientParams) -> Iterator[LanguageModelInstructor]:
    """Open the request cache, which all experiments of the repository share, for the block.

    Raises:
        ParamsError: a setting of `instructor` is wrong.
    """
    with RequestCache(scratch("requests.sqlite")) as cache:
        yield LanguageModelInstructor(ChatClient(params, settings.load(), cache))
