"""What stages measure and count, one frozen dataclass for each file of `metrics/K/`.

A file holds one JSON document, `metrics/K/STAGE.json`; those of `evaluate` and `compare` hold one for each problem set,
by its name. Besides these, `report` reads the training curves and the traced cases.
"""

from dataclasses import dataclass
from typing import Literal

from stages.core.records import ErrorType, Record
from stages.core.verdict import Verdict

Interval = tuple[float, float]
"""The two ends of a 95 % interval."""


@dataclass(frozen=True)
class Usage(Record):
    """Replies of a paid instructor that a stage used, from the cache or paid for now alike.

    Attributes:
        requests: distinct requests with a reply.
        input_tokens: of their prompts.
        output_tokens: of their replies.
        dollars: what they cost when they were paid for, or None where the model has no price.
    """

    requests: int
    input_tokens: int
    output_tokens: int
    dollars: float | None


@dataclass(frozen=True)
class ProblemCounts(Record):
    """A problem set, as `prepare_problems` read it.

    Attributes:
        name: of the set.
        source: a file, a data set of the hub with its commit, or `generated`.
        rows: rows looked at, or problems generated.
        left_out: rows left out, by reason.
        train: problems to train on.
        dev: problems to tune on.
        test: in-domain problems to test on.
        ood: out-of-distribution problems to test on.
        faulty_golds: problems whose gold answer cannot be used.
    """

    name: str
    source: str
    rows: int
    left_out: dict[str, int]
    train: int
    dev: int
    test: int
    ood: int
    faulty_golds: int


@dataclass(frozen=True)
class Majority(Record):
    """What a model solves if the commonest of its answers to a problem counts; `interval` is Wilson's."""

    correct: int
    accuracy: float | None
    interval: Interval


@dataclass(frozen=True)
class Evaluation(Record):
    """A model on one problem set, as `evaluate` measured it.

    Attributes:
        problems: number of problems in the set.
        scored: problems with an output whose verdict enters accuracy.
        correct: the sum of their pass rates: of one sample each, the problems solved.
        accuracy: correct / scored, the mean of the samples; None without a scored problem.
        interval: Wilson's interval of the accuracy; problems are its independent units, samples are not.
        verdicts: outputs by verdict, each verdict named.
        mistakes: bad outputs by the kind of their first mistake.
        tokens: number of generated tokens.
        engine: what wrote the outputs, as in `runtime.engine`.
        samples: outputs to each problem.
        rates: each pass rate and the number of scored problems that have it, the highest first.
        majority: what the commonest answer of each problem gives; None for one sample each.
    """

    problems: int
    scored: int
    correct: int | float
    accuracy: float | None
    interval: Interval
    verdicts: dict[Verdict, int]
    mistakes: dict[str, int]
    tokens: int
    engine: str
    samples: int
    rates: list[tuple[float, int]]
    majority: Majority | None


@dataclass(frozen=True)
class MistakeChange(Record):
    """Outputs with one kind of first mistake.

    Attributes:
        before: outputs of the older model.
        after: outputs of the newer model.
        fixed: outputs of the older model on problems that the newer one solves.
        broken: outputs of the newer model on problems that the older one solved.
    """

    before: int
    after: int
    fixed: int
    broken: int


@dataclass(frozen=True)
class Comparison(Record):
    """Two models on the problems of one set that were scored for both.

    Attributes:
        problems: number of problems compared.
        fixed: problems that only the newer model solves; with several samples, those that it solves more often.
        broken: problems that only the older model solves, or solves more often.
        difference: accuracy of the newer model less that of the older; None without a problem.
        interval: of the difference.
        p: p-value of McNemar's exact test.
        measurable: whether the test rejects at 5 % and the interval excludes zero.
        mistakes: changes by kind of first mistake.
        changes: each change of a problem's pass rate, newer less older, and the number of problems that have it.
    """

    problems: int
    fixed: int
    broken: int
    difference: float | None
    interval: Interval
    p: float
    measurable: bool
    mistakes: dict[str, MistakeChange]
    changes: list[tuple[float, int]]


@dataclass(frozen=True)
class Comparisons(Record):
    """A model against the base model and against its parent, on one problem set."""

    base: Comparison
    parent: Comparison


@dataclass(frozen=True)
class SetCases(Record):
    """The problems of one set, those that are bad cases, all by the verdict of their case, and the mean pass rate."""

    problems: int
    bad: int
    verdicts: dict[Verdict, int]
    pass_rate: float | None


@dataclass(frozen=True)
class BadCaseCounts(Record):
    """What `extract_bad_cases` found.

    Attributes:
        problems: number of problems.
        bad: those that the model is to learn from.
        verdicts: problems by the verdict of the case that stands for them, each verdict named.
        disagreements: outputs that two graders judge differently.
        engine: that of the predictions, as in `runtime.engine`; empty without one.
        sets: the same by problem set.
        samples: predictions on each problem.
        pass_rate: mean of the problems' pass rates; None without one.
    """

    problems: int
    bad: int
    verdicts: dict[Verdict, int]
    disagreements: int
    engine: str
    sets: dict[str, SetCases]
    samples: int
    pass_rate: float | None


@dataclass(frozen=True)
class KeyphraseCounts(Record):
    """What `generate_keyphrases` got; `failed` counts cases without a keyphrase by kind of failure."""

    keyphrases: int
    failed: dict[str, int]
    usage: Usage | None


@dataclass(frozen=True)
class TypeChange(ErrorType):
    """An error type and its change since the parent iteration.

    Attributes:
        status: `new`; `continued` where the parent had it too; `returned` where only an older iteration had it.
        previous_size: in the parent; None where that is not known.
        first_iteration: the first one with this type; None for `unassigned`.
    """

    status: Literal["new", "continued", "returned", "unassigned"]
    previous_size: int | None
    first_iteration: str | None


@dataclass(frozen=True)
class GoneType(Record):
    """An error type of the parent iteration that this iteration lacks."""

    id: str
    name: str
    previous_size: int


@dataclass(frozen=True)
class TypeCounts(Record):
    """What `cluster_keyphrases` found.

    Attributes:
        types: the largest first, `unassigned` last.
        gone: types of the parent that are not among them.
        method: counts of the clustering method, by name.
        known_under_another_embedding: earlier types that cannot be compared.
        usage: None for an instructor that costs nothing.
    """

    types: list[TypeChange]
    gone: list[GoneType]
    method: dict[str, int]
    known_under_another_embedding: int
    usage: Usage | None


@dataclass(frozen=True)
class SynthesisCounts(Record):
    """What `synthesize_data` made.

    Attributes:
        accepted: candidates.
        exercises: short exercises among them.
        by_type: candidates by the id of their error type.
        rejected: attempts by the first reason.
        shortfall: candidates wanted and not reached.
        usage: None for an instructor that costs nothing.
        by_set: candidates by problem set.
    """

    accepted: int
    exercises: int
    by_type: dict[str, int]
    rejected: dict[str, int]
    shortfall: int
    usage: Usage | None
    by_set: dict[str, int]


@dataclass(frozen=True)
class AuthorCounts(Record):
    """The tries of one author at the candidates.

    Attributes:
        tries: number of tries.
        right: tries with the right answer.
        verdicts: tries by verdict.
        solved: candidates with a right try.
        kept: tries to train on.
    """

    tries: int
    right: int
    verdicts: dict[Verdict, int]
    solved: int
    kept: int


@dataclass(frozen=True)
class SolvingCounts(Record):
    """What `solve_candidates` found.

    Attributes:
        candidates: number of candidates.
        solved: candidates with a solution to train on.
        kept: solutions to train on.
        authors: the tries by author.
        left_out: tries that are not trained on, by reason.
        engine: what ran the target, as in `runtime.engine`; None where it wrote nothing.
        usage: None for an instructor that costs nothing.
    """

    candidates: int
    solved: int
    kept: int
    authors: dict[str, AuthorCounts]
    left_out: dict[str, int]
    engine: str | None
    usage: Usage | None


@dataclass(frozen=True)
class TrialCaseCounts(Record):
    """The cases on which candidates were tried; `bad_by_type` has the bad ones by the id of their error type."""

    bad: int
    good: int
    bad_by_type: dict[str, int]


@dataclass(frozen=True)
class SelectionCounts(Record):
    """What `select_data` found.

    Attributes:
        candidates: number of all candidates.
        kept: candidates to train on.
        helped: candidates measurably better than no example.
        missing: candidates without a score.
        tied: candidates that share their score with a competitor.
        tied_at_cut: candidates tied at the cut, where the likelihood decided.
        trial_cases: cases on which the candidates were tried.
        trials: number of trials.
        failed_trials: trials without a result.
        engine: name of the engine that ran the trials; None without trials.
        kept_by_set: candidates to train on by problem set.
        exercises: exercises among the candidates to train on; they are drawn and not tried.
        rows: solutions of the candidates to train on.
        shortfall: rows wanted and not reached; 0 where `keep` is not by rows.
    """

    candidates: int
    kept: int
    helped: int
    missing: int
    tied: int
    tied_at_cut: int
    trial_cases: TrialCaseCounts
    trials: int
    failed_trials: int
    engine: str | None
    kept_by_set: dict[str, int]
    exercises: int
    rows: int
    shortfall: int


@dataclass(frozen=True)
class ValidationCounts(Record):
    """The loss on training problems that are held out.

    Attributes:
        rows: held out, of all problems together.
        losses: in nats a token, at the start and after each epoch.
        kept_epoch: the epoch after which the model is kept.
    """

    rows: int
    losses: list[float]
    kept_epoch: float


@dataclass(frozen=True)
class PreferenceCounts(Record):
    """The pass of `train.method: dpo` over right and wrong solutions; the reward is that of the model being trained.

    Attributes:
        pairs: of a right and a wrong solution.
        loss: mean over all steps; ln 2 is that of no preference. None without a pair.
        margins: reward of the right solution less that of the wrong one, a mean over pairs, at the first and at the
            last point of the training curve.
        accuracies: share of the pairs whose right solution has the larger reward, at the same two points.
        validation: the loss on pairs held out; None where none are.
    """

    pairs: int
    loss: float | None
    margins: list[float]
    accuracies: list[float]
    validation: ValidationCounts | None


@dataclass(frozen=True)
class TrainingCounts(Record):
    """The result of `train`; without a new row nothing is trained: `rows` is 0 and all measurements are None.

    Attributes:
        rows: training rows, those of earlier iterations included.
        too_long: rows left out because of `train.max_length`.
        tokens: of the completions of all rows, on which the loss is taken.
        loss: mean over all steps, in nats a token.
        merged_same: prompts on which the merged model and the adapter write the same.
        merged_prompts: number of prompts compared.
        validation: the loss on problems held out; null where none are.
        preferences: the pass over pairs; null for other methods than `dpo`.
    """

    rows: int
    too_long: int
    tokens: int
    loss: float | None
    merged_same: int | None
    merged_prompts: int | None
    validation: ValidationCounts | None
    preferences: PreferenceCounts | None
