"""Run the trials of one-shot selection on an engine, with a journal: a killed run goes on where it stopped."""

from collections.abc import Mapping, Sequence

from stages.pipeline import progress
from stages.pipeline.files import content_id
from stages.pipeline.journal import Journal
from stages.pipeline.records import Case
from stages.target.chat import ChatFormat
from stages.target.generation import Engine, journal_path, make_batches


def likelihoods(
    engine: Engine,
    prompts: Mapping[str, str],
    cases: Sequence[Case],
    chat: ChatFormat,
    *,
    fingerprint: str,
    batch_tokens: int,
) -> dict[str, float]:
    """Return the mean log-probability, in nats a token, of each trial's gold solution.

    Args:
        engine: runs the model.
        prompts: prompt texts by trial key, which ends in the case's id.
        cases: the development cases.
        chat: renders the gold solutions.
        fingerprint: identifies model and settings.
        batch_tokens: upper bound of a batch in tokens.
    """
    completions = {case.id: chat.completion(case.solution) for case in cases}
    pairs = {key: (prompt, completions[key.rpartition("/")[2]]) for key, prompt in prompts.items()}
    lengths = engine.lengths([prompt + completion for prompt, completion in pairs.values()])
    batches = make_batches(dict(zip(pairs, lengths, strict=True)), batch_tokens)
    name = content_id(fingerprint, "likelihood", str(batch_tokens), *(f"{key}:{p}{c}" for key, (p, c) in pairs.items()))
    with Journal(journal_path(name)) as journal:
        with progress.bar(len(pairs), "trial", "select", initial=len(journal)) as bar:
            for batch in batches:
                if not journal.missing(batch):
                    continue
                results = engine.log_likelihoods([pairs[key] for key in batch])
                journal.add(dict(zip(batch, results, strict=True)))
                bar.update(len(batch))
        return {key: float(journal[key]) for key in pairs}
