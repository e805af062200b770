"""Problem sets as params.yaml would have them."""

from stages.core.params import parse
from stages.problems.settings import PrepareProblems, ProblemSet, resolve


def spec(name="mine", columns="", **fields):
    """Return a set with its columns as `question=q solution=s`; by default it has the role `ood` and a path."""
    given = {"columns": columns if isinstance(columns, dict) else dict(pair.split("=") for pair in columns.split())}
    values = {"role": "ood", "path": f"data/raw/{name}.jsonl"} | (given if columns else {}) | fields
    return resolve(name, parse(ProblemSet, values))


def specs(**sets):
    """Return checked sets by name, one of which must have the role `train`."""
    return parse(PrepareProblems, {"sets": sets}, "prepare_problems").specs()
