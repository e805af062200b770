"""What the proof's arms come to, from `benchmarks/results/proof/`, without the texts of the data sets.

    python -m benchmarks.proof_results && python -m benchmarks.results

writes `benchmarks/results/proof.json`, the plot `docs/results.svg` and the tables of docs/results.md. `comparisons` has
for each two arms and each set the difference in points with its 95 % interval, over problems and seeds
(`benchmarks/seeds.py`); `in_domain` and `ood` are the sets of that kind together. `arms` has what each arm solved and
took, `mistakes` the kinds of first mistakes before and after.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import forest, results
from benchmarks.proof import FOLDER, VERDICTS, read_verdicts
from benchmarks.seeds import difference
from stages.core import files
from stages.core.problem_sets import OOD, TEST, is_dev, of_role
from stages.core.verdict import Verdict

CONTRASTS = (
    ("sei", "base"),
    ("sei", "untargeted"),
    ("sei", "train_set"),
    ("sei", "per_case"),
    ("sei", "good_cases"),
    ("sei_iter2", "base"),
    ("sei_iter2", "sei"),
    ("likelihood", "random"),
    ("accuracy", "random"),
    ("difficulty", "random"),
)
PLOT = Path("docs/results.svg")
POOLED = {TEST: "in_domain", OOD: "ood"}

Table = Mapping[tuple[str, str], Mapping[str, Verdict]]


def main() -> None:
    """Write the comparisons, their plot and the arms."""
    table = read_verdicts(FOLDER / VERDICTS)
    records = {path.stem: files.read_json(path) for path in sorted(FOLDER.glob("*.json"))}
    parts = {
        "comparisons": list(comparisons(table)),
        "arms": list(arms(table, records)),
        "mistakes": list(mistakes(records)),
    }
    results.write("proof", parts)
    plot = forest.plot(parts["comparisons"], "Differences in accuracy with their 95 % intervals")
    PLOT.write_text(plot, encoding="utf-8")


def comparisons(table: Table) -> Iterator[dict[str, Any]]:
    """Yield a row for each contrast whose arms there are, and each set that both answered."""
    sets = sets_of(table)
    groups = {name.partition("/")[2]: [name] for name in sets}
    for role, pooled in POOLED.items():
        groups[pooled] = of_role(role, sets)
    for newer, older in CONTRASTS:
        for group, members in groups.items():
            rows = [row for (name, _), row in table.items() if name in members]
            columns = [seeds_of(arm, rows) for arm in (newer, older)]
            if all(columns):
                points, low, high = difference(solved(columns[0], rows), solved(columns[1], rows))
                yield {
                    "name": f"{newer}-{older}",
                    "set": group,
                    "points": round(100 * points, 1),
                    "low": round(100 * low, 1),
                    "high": round(100 * high, 1),
                    "n": len(rows),
                    "seeds": " and ".join(str(len(names)) for names in columns),
                }


def sets_of(table: Table) -> list[str]:
    """Return the names of the sets, those in domain first."""
    names = sorted({name for name, _ in table})
    return [name for role in POOLED for name in of_role(role, names)]


def seeds_of(arm: str, rows: Sequence[Mapping[str, Verdict]]) -> list[str]:
    """Return the columns of an arm that answered all of the rows: one for each of its seeds, or `base` itself."""
    names = dict.fromkeys(name for row in rows for name in row if arm in (name, name.rpartition("-")[0]))
    return [name for name in names if all(name in row for row in rows)]


def solved(columns: Sequence[str], rows: Sequence[Mapping[str, Verdict]]) -> list[list[bool]]:
    """Return an array of columns x problems: whether it was solved."""
    return [[row[name] is Verdict.CORRECT for row in rows] for name in columns]


def arms(table: Table, records: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a row for each model and set that it answered."""
    columns = dict.fromkeys(name for row in table.values() for name in row)
    for column in columns:
        for name in sets_of(table):
            verdicts = Counter(row[column] for (of, _), row in table.items() if of == name and column in row)
            if verdicts:
                yield {
                    "arm": column,
                    "set": name.partition("/")[2],
                    "solved": verdicts[Verdict.CORRECT],
                    "n": verdicts.total(),
                    "percent": round(100 * verdicts[Verdict.CORRECT] / verdicts.total(), 1),
                    "truncated": verdicts[Verdict.TRUNCATED],
                    "no_answer": verdicts[Verdict.NO_ANSWER],
                    **(of_record(records[column], name) if column in records else {}),
                }


def of_record(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return what an arm was trained on and took, and what it gains on a set by Math-Verify."""
    trained, by_other = record["metrics"]["train"], record["math_verify"][name]
    return {
        "math_verify_points": by_other["points"],
        "math_verify_low": by_other["low"],
        "math_verify_high": by_other["high"],
        "rows": trained["rows"],
        "tokens": trained["tokens"],
        "minutes": round(sum(record["seconds"].values()) / 60, 1),
        "base_otherwise": record["base_otherwise"],
    }


def mistakes(records: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield for an arm and a set how often each kind of first mistake is made by base and by the arm's model."""
    for arm, record in records.items():
        compared = record["metrics"].get("compare", {})
        for name in (name for name in compared if not is_dev(name)):
            for kind, change in compared[name]["base"]["mistakes"].items():
                yield {"arm": arm, "set": POOLED.get(name, name.partition("/")[2]), "mistake": kind, **change}


if __name__ == "__main__":
    main()
