"""What a run leaves on the disk, in bytes, by kind.

Outputs of stages lie twice, in the workspace and in DVC's cache, as on a file system without links that copy on write.
Checkpoints of a training that is going on, and reports, are left out.
"""

from stages.pipeline import cost_rates
from stages.pipeline.cost_model import Counts, Lengths, Run, count, development_cases, output_tokens, predict, total
from stages.pipeline.cost_rates import Architecture, Assumptions
from stages.pipeline.params import BASE

_COPIES = 2
_WEIGHT = 2  # bytes, in 16 bit


def disk(run: Run, lengths: Lengths, assumed: Assumptions, target: Architecture) -> dict[str, float]:
    """Return the bytes of each kind of file."""
    found = count(run, lengths, assumed)
    adapter = target.adapter_parameters(run.train.lora.rank, run.train.lora.target_modules)
    asked = total(predict(run, lengths, assumed))
    models = [BASE, *found]
    tests = sum(run.held_out * _outputs(output_tokens(run, m, lengths, assumed), assumed) for m in models)
    return {
        "base weights": _COPIES * _WEIGHT * target.parameters(),
        "adapters": _COPIES * _WEIGHT * adapter * len(found),
        "records": _COPIES * (tests + sum(_records(run, one, lengths, assumed) for one in found.values())),
        "journals": tests + sum(_journals(run, one, assumed) for one in found.values()),
        "request cache": (asked.sent + asked.received) * assumed.bytes_a_token + asked.requests * cost_rates.REPLY,
        "embeddings": sum(one.phrases for one in found.values()) * cost_rates.VECTOR,
    }


def _outputs(tokens: float, assumed: Assumptions) -> float:
    return tokens * assumed.bytes_a_token + cost_rates.TEST_PREDICTION


def _records(run: Run, one: Counts, lengths: Lengths, assumed: Assumptions) -> float:
    """Return the bytes of data/K; candidates stand in synthetic.jsonl and, those kept, in selected.jsonl."""
    problem, output = lengths.row * assumed.bytes_a_token, one.output * assumed.bytes_a_token
    return (
        run.problems * (cost_rates.PREDICTION + output + cost_rates.CASE + problem + output)
        + one.bad * cost_rates.KEYPHRASE
        + (one.drafts + one.new) * (cost_rates.CANDIDATE + problem)
        + one.candidates * cost_rates.SCORE
        + one.rows * (cost_rates.TRAINING_ROW + problem)
    )


def _journals(run: Run, one: Counts, assumed: Assumptions) -> float:
    """Return the bytes of what predicting and trying leave in .sei/journal."""
    output = one.output * assumed.bytes_a_token
    selection = run.selection
    trial = cost_rates.TRIAL + (output if selection.score == "accuracy" else 0)
    trials = 0 if selection.score == "random" else one.candidates * development_cases(run, one)
    return run.problems * (cost_rates.PREDICTION + output) + trials * trial
