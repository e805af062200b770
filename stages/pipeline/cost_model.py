"""What a run will take, from params.yaml and two mean lengths: tokens, requests, seconds of a core.

It goes through the iterations as the pipeline does. Upper bounds stand where nothing better is known: all candidates
that are wanted are accepted, all development cases are found, a base model writes up to the limit of new tokens.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stages.errors.clustering import ClusteringParams
from stages.errors.hdbscan import HdbscanParams
from stages.errors.kmeans import KMeansParams
from stages.instructor import completions, diagnosis, grouping, naming, problem_writing, solving
from stages.pipeline import cost_rates
from stages.pipeline.cost_rates import Assumptions
from stages.pipeline.params import BASE, lineage
from stages.selection.ranking import number_kept
from stages.selection.settings import SelectionParams
from stages.synthesis.strategies import StrategyParams
from stages.training.settings import TrainSettings


@dataclass(frozen=True)
class Lengths:
    """Mean tokens, counted by the target's tokenizer.

    Attributes:
        prompt: of a problem's question in the chat format, up to where the model answers.
        completion: of its gold solution and the end of the turn.
    """

    prompt: float
    completion: float

    @property
    def row(self) -> float:
        """Return the tokens of a problem with its solution: a training row, or the example of a one-shot trial."""
        return self.prompt + self.completion


@dataclass(frozen=True)
class Run:
    """What of params.yaml decides what a run takes; `asks` is false for an instructor that nobody pays."""

    iterations: dict[str, dict[str, str]]
    problems: int
    held_out: int
    max_new_tokens: int
    asks: bool
    clustering: ClusteringParams
    synthesis: StrategyParams
    selection: SelectionParams
    anchor: float
    train: TrainSettings
    engine: Literal["transformers", "vllm", "openai"]
    likelihoods: bool


@dataclass(frozen=True)
class Counts:
    """The records of one iteration.

    Attributes:
        parent: the iteration before it, or `base`.
        output: mean tokens that the parent writes for a problem.
        bad: cases that it fails on.
        good: cases that it solves.
        phrases: distinct keyphrases.
        types: error types.
        drafts: problems that the instructor writes, or that are drawn.
        candidates: drafts that are accepted.
        new: training rows that this iteration adds.
        history: training rows of the iterations before it.
    """

    parent: str
    output: float
    bad: int
    good: int
    phrases: int
    types: int
    drafts: int
    candidates: int
    new: int
    history: int

    @property
    def rows(self) -> int:
        """Return all training rows."""
        return self.history + self.new


@dataclass(frozen=True)
class Work:
    """What one stage takes.

    Attributes:
        stage: as DVC calls it.
        read: tokens that the target reads without training: prompts, and completions that are scored.
        written: tokens that the target generates.
        trained: tokens of training rows, over all epochs.
        requests: to the instructor.
        sent: tokens of these.
        received: tokens of the replies.
        core_seconds: of one core, for what no GPU does: comparing questions, embedding and clustering keyphrases.
    """

    stage: str
    read: float = 0
    written: float = 0
    trained: float = 0
    requests: int = 0
    sent: float = 0
    received: float = 0
    core_seconds: float = 0

    @property
    def tokens(self) -> float:
        """Return the target's tokens."""
        return self.read + self.written + self.trained


def total(works: Iterable[Work]) -> Work:
    """Return the sum."""
    parts = list(works)
    names = [name for name in vars(Work("")) if name != "stage"]
    return Work("total", **{name: sum(getattr(part, name) for part in parts) for name in names})


def count(run: Run, lengths: Lengths, assumed: Assumptions) -> dict[str, Counts]:
    """Return the records of each iteration by its name."""
    found: dict[str, Counts] = {}
    for name in run.iterations:
        for ancestor in lineage(run.iterations, name):
            if ancestor not in found:
                parent = run.iterations[ancestor]["parent"]
                history = 0 if parent == BASE else found[parent].rows
                found[ancestor] = _count(run, parent, history, lengths, assumed)
    return {name: found[name] for name in run.iterations}


def _count(run: Run, parent: str, history: int, lengths: Lengths, assumed: Assumptions) -> Counts:
    bad = round(run.problems * (assumed.bad_base if parent == BASE else assumed.bad_later))
    good = run.problems - bad
    phrases = math.ceil(bad * assumed.distinct)
    candidates = _candidates(run, bad, history)
    keep = run.selection.keep
    kept = number_kept(keep, candidates) if keep.by == "fraction" else round(candidates * assumed.above_threshold)
    anchors = min(good, round(kept * run.anchor / (1 - run.anchor)))
    return Counts(
        parent=parent,
        output=output_tokens(run, parent, lengths, assumed),
        bad=bad,
        good=good,
        phrases=phrases,
        types=_types(run.clustering, phrases, assumed),
        drafts=_drafts(run, candidates, assumed),
        candidates=candidates,
        new=kept + anchors,
        history=history,
    )


def output_tokens(run: Run, model: str, lengths: Lengths, assumed: Assumptions) -> float:
    """Return the mean tokens of what a model writes: a fine-tuned one as much as a gold solution has."""
    wanted = (assumed.base_output or run.max_new_tokens) if model == BASE else lengths.completion
    return min(wanted, run.max_new_tokens)


def _candidates(run: Run, bad: int, history: int) -> int:
    most = {"per_case": bad, "train_set": max(0, run.problems - history)}
    wanted = run.synthesis.amount.candidates
    return min(wanted, most.get(run.synthesis.strategy, wanted))


def _writes_new(run: Run) -> bool:
    return run.synthesis.strategy in ("sei", "untargeted")


def _verifies(run: Run) -> bool:
    return run.asks and run.synthesis.verification.samples > 0


def _drafts(run: Run, candidates: int, assumed: Assumptions) -> int:
    if not _writes_new(run):
        return candidates
    accepted = assumed.sound * (assumed.agreed if _verifies(run) else 1)
    return min(math.ceil(candidates / accepted), candidates * run.synthesis.amount.attempts)


def _types(clustering: ClusteringParams, phrases: int, assumed: Assumptions) -> int:
    chosen = clustering.chosen()
    if isinstance(chosen, KMeansParams):
        return min(chosen.max_types, phrases)
    if isinstance(chosen, HdbscanParams):
        return max(1, phrases // (2 * chosen.min_cluster_size))
    return min(math.ceil(assumed.types), phrases)


def predict(run: Run, lengths: Lengths, assumed: Assumptions) -> list[Work]:
    """Return what each stage takes that takes anything to speak of, in the order of the pipeline."""
    works = [_evaluate(run, "evaluate_base", BASE, lengths, assumed)]
    for name, counts in count(run, lengths, assumed).items():
        works += [
            Work(f"predict@{name}", run.problems * lengths.prompt, run.problems * counts.output),
            _keyphrases(run, name, counts, lengths, assumed),
            _clustering(run, name, counts, assumed),
            _synthesis(run, name, counts, lengths, assumed),
            _selection(run, name, counts, lengths, assumed),
            _training(run, name, counts, lengths),
            _evaluate(run, f"evaluate@{name}", name, lengths, assumed),
        ]
    return works


def _evaluate(run: Run, stage: str, model: str, lengths: Lengths, assumed: Assumptions) -> Work:
    written = run.held_out * output_tokens(run, model, lengths, assumed)
    return Work(stage, run.held_out * lengths.prompt, written)


def _training(run: Run, name: str, counts: Counts, lengths: Lengths) -> Work:
    rows = counts.rows if counts.new else 0
    return Work(f"train@{name}", trained=rows * lengths.row * run.train.epochs)


def development_cases(run: Run, counts: Counts) -> int:
    """Return on how many cases a candidate is tried."""
    return min(run.selection.bad_cases, counts.bad) + min(run.selection.good_cases, counts.good)


def _selection(run: Run, name: str, counts: Counts, lengths: Lengths, assumed: Assumptions) -> Work:
    """Return what the trials take.

    The transformers engine reads a candidate once and then, for each case, the question and, to score it, the gold
    solution. The other engines read the whole prompt for each likelihood, and find by themselves what generations
    share. By accuracy only those are scored that are level at the cut.
    """
    stage = f"select_data@{name}"
    if run.selection.score == "random":
        return Work(stage)
    generates = run.selection.score == "accuracy"
    cases = development_cases(run, counts)
    written = counts.candidates * cases * assumed.tried if generates else 0
    scored = counts.candidates * cases * (assumed.level_at_cut if generates else 1) if run.likelihoods else 0
    prefixes = counts.candidates * lengths.row
    if run.engine == "transformers":
        read = prefixes + written * lengths.prompt + scored * lengths.row
    else:
        read = (prefixes if generates else 0) + written * lengths.prompt + scored * 2 * lengths.row
    zero_shot = cases * lengths.row if run.likelihoods else 0
    return Work(stage, read + zero_shot, written * counts.output)


def _prompt_tokens(path: Path, assumed: Assumptions) -> float:
    return path.stat().st_size / assumed.bytes_a_token + completions.OVERHEAD


def _keyphrases(run: Run, name: str, counts: Counts, lengths: Lengths, assumed: Assumptions) -> Work:
    stage = f"generate_keyphrases@{name}"
    if not run.asks:
        return Work(stage)
    sent = _prompt_tokens(diagnosis.PROMPT, assumed) + lengths.row + counts.output
    return Work(stage, requests=counts.bad, sent=counts.bad * sent, received=counts.bad * assumed.keyphrase_reply)


def _clustering(run: Run, name: str, counts: Counts, assumed: Assumptions) -> Work:
    stage = f"cluster_keyphrases@{name}"
    method = run.clustering.method
    partition = {"kmeans": cost_rates.KMEANS, "hdbscan": cost_rates.HDBSCAN, "instructor": 0.0}[method]
    seconds = counts.phrases * (cost_rates.EMBEDDING + partition)
    if not run.asks:
        return Work(stage, core_seconds=seconds)
    if method == "instructor":
        requests = math.ceil(counts.phrases / grouping.PART)
        fixed = _prompt_tokens(grouping.ASSIGN_PROMPT, assumed) + counts.types * assumed.type_reply
        sent = requests * fixed + counts.phrases * assumed.phrase
        received = counts.types * assumed.type_reply + 2 * counts.phrases * assumed.phrase
    else:
        requests = counts.types
        shown = min(naming.SHOWN, counts.phrases / max(1, counts.types))
        sent = requests * (_prompt_tokens(naming.PROMPT, assumed) + shown * assumed.phrase)
        received = requests * assumed.type_reply
    return Work(stage, requests=requests, sent=sent, received=received, core_seconds=seconds)


def _synthesis(run: Run, name: str, counts: Counts, lengths: Lengths, assumed: Assumptions) -> Work:
    amount = run.synthesis.amount
    known = run.held_out + (run.problems + counts.history + counts.candidates / 2 if _writes_new(run) else 0)
    requests, sent, received, solved = 0, 0.0, 0.0, 0
    if run.asks and _writes_new(run):
        prompt = (
            problem_writing.TARGETED_PROMPT if run.synthesis.strategy == "sei" else problem_writing.UNTARGETED_PROMPT
        )
        requests = math.ceil(counts.drafts / amount.problems_per_request)
        shown = amount.demonstrations + amount.accepted_shown
        sent = requests * (_prompt_tokens(prompt, assumed) + shown * lengths.row)
        received = counts.drafts * lengths.row
        solved = math.ceil(counts.drafts * assumed.sound) * run.synthesis.verification.samples
    elif run.asks and run.synthesis.strategy == "per_case":
        solved = counts.candidates
    return Work(
        f"synthesize_data@{name}",
        requests=requests + solved,
        sent=sent + solved * (_prompt_tokens(solving.PROMPT, assumed) + lengths.prompt),
        received=received + solved * lengths.completion * assumed.solving,
        core_seconds=counts.drafts * known * cost_rates.PAIR,
    )
