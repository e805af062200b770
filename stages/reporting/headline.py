"""The first screen of the page: how much better, is it more than chance, what does it get wrong, what did it cost."""

from collections.abc import Mapping, Sequence

from stages.core.params import BASE
from stages.core.problem_sets import TEST, is_dev, of_role, standing_for
from stages.core.records import UNASSIGNED
from stages.reporting import tables
from stages.reporting.markup import Html, duration, join, money, percent, points, probability, tag
from stages.reporting.provenance import Provenance, instructed_by, total_seconds
from stages.reporting.results import Iteration, Results

_FINDINGS = {
    "better": "Yes, better",
    "worse": "Yes, worse",
    "no measurable change": "No measurable change",
    "not measured": "Not measured",
}


def headline(results: Results) -> Html:
    """Return the answers that the first screen gives."""
    tiles = [
        ("How much better?", *_gain(results)),
        ("More than chance?", *_chance(results)),
        ("What does it get wrong?", *_wrong(results.iterations[-1])),
        ("What did it cost?", *_cost(results.provenance)),
    ]
    return first_screen(_claim(results), tiles)


def first_screen(claim: str, tiles: Sequence[tuple[str, str, str]]) -> Html:
    """Return a claim, and under it tiles that each have a question, its answer and the detail."""
    shown = [
        tag("div", tag("dt", question), tag("dd", tag("strong", answer), tag("span", detail)), class_="tile")
        for question, answer, detail in tiles
    ]
    return join(tag("h1", claim), tag("dl", *shown, class_="tiles"))


def _claim(results: Results) -> str:
    shown = results.models[-1].evaluation
    test = standing_for(TEST, results.models[-1].graded)
    shares = {row.iteration: row.accuracy for row in tables.accuracy(results) if row.problem_set == test}
    last = results.models[-1].name
    before, after = shares.get(BASE), shares.get(last)
    if before is None or after is None:
        return "No held-out problem could be graded."
    earlier = "none of them" if before == 0 else percent(before)
    pooled = ", as the mean of their sets" if of_role(TEST, shown) and test == TEST else ""
    samples = shown[test].samples if test else 1
    tries = f", in the mean of {samples} tries at each" if samples > 1 else ""
    return f"{last} solves {percent(after)} of the held-out problems{pooled}{tries}, the base model {earlier}."


def _gain(results: Results) -> tuple[str, str]:
    row = _main(_last_against_base(results))
    if row is None or row.difference is None:
        return "Not measured", "No held-out problem was graded for both models."
    return difference(row)


def difference(row: tables.ComparisonRow) -> tuple[str, str]:
    """Return the difference of two models on graded problems, and what it is made of."""
    return (
        f"{points(row.difference or 0.0)} points",
        f"{row.fixed} problems fixed and {row.broken} broken, of {row.problems} that no model was trained on. "
        f"95 % interval of the difference: {points(row.low)} to {points(row.high)} points.",
    )


def _chance(results: Results) -> tuple[str, str]:
    rows = _last_against_base(results)
    main = _main(rows)
    if main is None:
        return "Not measured", "The models were not compared problem by problem."
    finding, test = chance(main)
    others = {name: row for name, row in rows.items() if row != main and not is_dev(name)}
    return finding, test + "".join(f" On {name}: {tables.finding(row)}." for name, row in others.items())


def chance(row: tables.ComparisonRow) -> tuple[str, str]:
    """Return the finding on a difference of two models, and the test that it rests on."""
    test = f"Two equal models would differ this much with p {probability(row.p)} (McNemar's test)."
    return _FINDINGS[tables.finding(row)], test


def _wrong(iteration: Iteration) -> tuple[str, str]:
    named = [kind for kind in iteration.error_types.types if kind.name != UNASSIGNED]
    if not named:
        return "Nothing", f"{iteration.name} found no error type."
    largest = max(named, key=lambda kind: kind.size)
    return (
        largest.name[:1].upper() + largest.name[1:],
        f"The largest of {len(named)} error types: {largest.size} of the {iteration.bad_cases.bad} bad cases "
        f"that {iteration.name} started from.",
    )


def _cost(provenance: Provenance | None) -> tuple[str, str]:
    if provenance is None or not provenance["stages"]:
        return "Not recorded", "The stages were not timed."
    longest = sorted(provenance["stages"].items(), key=lambda item: -item[1]["seconds"])[:2]
    stages = " and ".join(f"{stage} ({duration(run['seconds'])})" for stage, run in longest)
    machine = provenance["machine"]
    processors = ", ".join(machine["gpus"]) or f"{machine['cores']} CPU core{'s' * (machine['cores'] != 1)}"
    untimed = f" Stages not timed: {len(provenance['untimed'])}." if provenance["untimed"] else ""
    spent = duration(total_seconds(provenance))
    paid = provenance["instructor"].get("paid", {}).get("dollars")
    return (
        f"{spent}, {money(paid)}" if paid else spent,
        f"On {processors}; longest: {stages}. Instructor: {instructed_by(provenance)}.{untimed}",
    )


def _last_against_base(results: Results) -> dict[str, tables.ComparisonRow]:
    """Return the comparison of the last model with base, by problem set."""
    last = results.models[-1].name
    rows = tables.comparisons(results)
    return {row.problem_set: row for row in rows if (row.iteration, row.against) == (last, BASE)}


def _main(rows: Mapping[str, tables.ComparisonRow]) -> tables.ComparisonRow | None:
    """Return the row that stands for the test problems."""
    return rows.get(standing_for(TEST, {name: row.problems for name, row in rows.items()}) or "")
