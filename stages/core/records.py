"""The records that stages hand to each other, one frozen dataclass a kind; data/README.md shows an example of each.

Every record carries the ids of what it came from, so that a training row can be followed back to the problem that it
started with. Ids are hashes of content (`content_id`): the same content has the same id in every run.
"""

from dataclasses import dataclass
from typing import ClassVar

from pydantic import ConfigDict

from stages.core.verdict import Verdict

UNASSIGNED = "unassigned"
"""The keyphrase of a case that has none, and the name of the error type of cases that belong to no other."""


class Record:
    """Base class of records: reading one with an unknown field is an error."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Problem(Record):
    r"""A problem with a worked solution, which marks the answer with `#### answer` at its end or with a `\boxed`.

    Attributes:
        group: its template, category or subject, or empty.
        gold_fault: why nothing can be graded against its answer, which does not parse or is contradicted by its own
            solution; None for a usable one.
        set: name of its problem set, one of `prepare_problems.sets`.
        level: of difficulty, or None.
        max_new_tokens: limit of an output to it; None for `generation.max_new_tokens`.
    """

    id: str
    question: str
    solution: str
    answer: str
    group: str
    gold_fault: str | None
    set: str
    level: int | None
    max_new_tokens: int | None


@dataclass(frozen=True)
class TargetCheck(Record):
    """What a target reads and where it stops, by its files; all texts with their special tokens.

    Attributes:
        prompt: for one problem.
        completion: what the target is trained to write after it.
        example_prompt: for the same problem, with a worked example before it.
        end_of_turn: what the chat template writes after an answer, up to the token that ends a generation.
        end_tokens: the tokens that end one.
        context: in tokens, or None where the model does not say.
        warnings: what a reader may not expect.
    """

    prompt: str
    completion: str
    example_prompt: str
    end_of_turn: str
    end_tokens: list[str]
    context: int | None
    warnings: list[str]


@dataclass(frozen=True)
class Prediction(Record):
    """What a target model wrote; `stop` is `end`, `answer` (the line after `#### x`) or `length` (cut).

    `sample` is the number of the try at its problem, from 0.

    `output` begins with the tag of a thought that the prompt opened, and keeps special tokens that mark thoughts.

    `engine` is what ran the model, as in `runtime.engine`.
    """

    id: str
    problem_id: str
    output: str
    tokens: int
    stop: str
    engine: str
    sample: int


@dataclass(frozen=True)
class Case(Record):
    """A graded prediction together with its problem; bad and good cases are both of this kind.

    `set`, `group` and `level` are those of the problem. `tries` is the number of predictions on it, `pass_rate` the
    share of correct ones among those that were scored, null without one. `truncated` says that the output was cut: its
    answer may be right all the same.
    """

    id: str
    prediction_id: str
    problem_id: str
    question: str
    solution: str
    answer: str
    output: str
    truncated: bool
    extracted: str | None
    verdict: Verdict
    set: str
    group: str
    level: int | None
    tries: int
    pass_rate: float | None


@dataclass(frozen=True)
class Keyphrase(Record):
    """The reason of a bad case's first mistake.

    `line` is the line of the output with the mistake, counted from 0, and `quote` its words there; null and empty where
    the mistake has no place. `failure` is why the instructor named none, or null; the keyphrase is then `unassigned`
    and `detail` what it wrote. `set` is that of the problem.
    """

    id: str
    bad_case_id: str
    keyphrase: str
    line: int | None
    quote: str
    detail: str
    failure: str | None
    set: str


@dataclass(frozen=True)
class ErrorType(Record):
    """A cluster of keyphrases; `share` is its fraction of the bad cases, `silhouette` lies between -1 and 1.

    The type named `unassigned` holds the bad cases that belong to no cluster; it stands last in its file. `set` is the
    problem set that it was formed of, or empty where all sets are clustered together.
    """

    id: str
    name: str
    explanation: str
    size: int
    share: float
    central_keyphrases: list[str]
    silhouette: float
    set: str


@dataclass(frozen=True)
class KnownType(Record):
    """An error type seen in this iteration or one that it descends from; `size` is 0 where this iteration lacks it.

    `embedding` names the model that its centroid, a unit vector, comes from.
    """

    id: str
    name: str
    explanation: str
    embedding: str
    centroid: list[float]
    first_iteration: str
    size: int
    set: str


@dataclass(frozen=True)
class Assignment(Record):
    """The error type of a keyphrase, and so of its bad case."""

    bad_case_id: str
    keyphrase_id: str
    error_type_id: str


@dataclass(frozen=True)
class Candidate(Record):
    """A problem to train on that passed its checks, and the strategy that made it.

    Attributes:
        error_type_id: of its error type; the strategy's name for one without types.
        demonstration_ids: of the bad cases or training problems that it was made from.
        request_id: of the request to the instructor; empty without one.
        checks: names of the checks passed.
        votes: numbers of independent solutions `given` and `agreeing`; null where none were requested.
        set: the problem set of the problems that it was made from.
        certificate: what stands for its answer: `construction` (computed with the problem), `gold` (a problem of a
            data set), `votes` (independent solutions), or `none`.
        skill: what an exercise practises; null for a whole problem.
    """

    id: str
    question: str
    solution: str
    answer: str
    error_type_id: str
    demonstration_ids: list[str]
    request_id: str
    strategy: str
    checks: list[str]
    votes: dict[str, int] | None
    set: str
    certificate: str
    skill: str | None


@dataclass(frozen=True)
class Rejected(Candidate):
    """A candidate, or an attempt at one, that failed a check.

    Attributes:
        reason: the first of `reasons`.
        reasons: all faults that the checks run so far found.
        copies: the id of the known problem that it copies.
        copies_from: the set that this one is in: `train`, `test/...`, `dev/...`, `ood/...`, `history` or `accepted`.
        match: how it copies: `exact`, `near copy` or `n-gram`.
        similarity: ROUGE-L F of the two.
    """

    reason: str
    reasons: list[str]
    copies: str | None
    copies_from: str | None
    match: str | None
    similarity: float | None


@dataclass(frozen=True)
class Solution(Record):
    """A try at a candidate, right or wrong.

    Attributes:
        author: `worked` (written with the candidate), `target` or `instructor`.
        sample: number of the author's try, from 0.
        tokens: that the target wrote; null for another author.
        verdict: of its answer against the candidate's.
        results: numbers that its equations lead to.
        certified_results: those of them that the candidate's worked solution has too.
        kept: whether it is trained on where its candidate is selected.
        reason: why it is not kept; null for a kept one.
    """

    id: str
    candidate_id: str
    author: str
    sample: int
    text: str
    tokens: int | None
    verdict: Verdict
    results: int
    certified_results: int
    kept: bool
    reason: str | None


@dataclass(frozen=True)
class Score(Record):
    """The score of a candidate as one-shot example, over the trial cases whose trials did not fail.

    `bad_cases` and `good_cases` count these. A score is null where there is none of them; `standard_error` is null with
    fewer than two in a half; `likelihood_gain`, in nats a token, is null where it was not computed.
    """

    candidate_id: str
    score: float | None
    bad_score: float | None
    good_score: float | None
    bad_cases: int
    good_cases: int
    standard_error: float | None
    likelihood_gain: float | None
    kept: bool


@dataclass(frozen=True)
class TrainingRow(Record):
    """A problem to train on, in the style of the problem set `set`, and where it came from.

    Either a solution of a candidate, with its error type, or, for replay, a good case: a training problem that the
    parent model solved already, with its own output. The fields of the other kind are null. `author` wrote the
    solution, as in `Solution`, and `certificate` stands for the answer, as in `Candidate`. `rejected` is a wrong
    solution by the same author, which `train.method: dpo` teaches to avoid, and `rejected_id` its `Solution`; both are
    null where there is none, and for other methods.
    """

    id: str
    question: str
    solution: str
    answer: str
    candidate_id: str | None
    solution_id: str | None
    error_type_id: str | None
    good_case_id: str | None
    iteration: str
    set: str
    author: str
    certificate: str
    rejected: str | None
    rejected_id: str | None


@dataclass(frozen=True)
class TestPrediction(Record):
    """A graded prediction on a held-out problem; `problem_set` is such as `test/math500`, `dev/gsm8k` or `ood/svamp`.

    `mistake` is the kind of its first mistake, a `stages.arithmetic.mistakes.MistakeKind`; null where it is correct or
    could not be graded. `engine` is what ran the model, as in `runtime.engine`.

    `sample` is the number of the try at its problem, from 0.
    """

    __test__ = False  # not a test class, whatever pytest makes of its name

    id: str
    problem_set: str
    problem_id: str
    output: str
    tokens: int
    extracted: str | None
    verdict: Verdict
    mistake: str | None
    engine: str
    sample: int
