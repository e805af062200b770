"""The page that sets experiments side by side, with the look of the report."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stages.core.problem_sets import DEV, OOD, TEST, standing_for
from stages.reporting import charts, page
from stages.reporting.families import APART, Family, FamilyShare
from stages.reporting.headline import chance, difference, first_screen
from stages.reporting.markup import SPACE, Html, duration, folded, join, money, percent, points, table, tag
from stages.reporting.sections import described, difference_cells, figure
from stages.reporting.tables import AccuracyRow
from tools.experiments_data import Experiment, TypeRow
from tools.experiments_pairs import Pair, against, of_models, share_difference

_SECTIONS = {
    "accuracy": (
        "Accuracy", "Accuracy, experiment by experiment",
        "The share of problems that the last model of each solves. The thin line is the 95 % interval: where the true "
        "share may well lie. The dashed line is the first experiment.",
    ),
    "differences": (
        "Differences", "Each against the first, on the same problems",
        "A problem is fixed if the first experiment's model does not solve it and the other one does, broken if it is "
        "the other way round. A change is measurable where p is below 0.05 and the 95 % interval excludes zero. Each p "
        "is of one comparison: among many, some are small by chance.",
    ),
    "settings": ("Settings", "Settings that differ", "What is the same in all is left out."),
    "types": (
        "Mistakes", "What do they get wrong?",
        "Families: their share of the held-out outputs that the last model of each fails at, with the 95 % interval; "
        "more or less than in the first experiment where the interval of the difference excludes zero. Where one "
        "falls, others rise. Error types, by name: their share of the bad cases of an iteration, and the number.",
    ),
    "cost": (
        "Cost", "What they cost",
        "The time of the runs that wrote these results, and the replies of a paid instructor that they used: what "
        "experiments share counts in each.",
    ),
}  # fmt: skip


def render(experiments: Sequence[Experiment]) -> str:
    """Return the page of two or more experiments; the others are compared with the first."""
    faults = [tag("p", tag("b", one.name), ": ", fault, class_="note") for one in experiments for fault in one.faults]
    contents = [content(experiments) for content in (_accuracy, _differences, _settings, _types, _cost)]
    sections = [
        page.section(id_, title, lead, content)
        for (id_, (_, title, lead)), content in zip(_SECTIONS.items(), contents, strict=True)
    ]
    links = {id_: link for id_, (link, *_) in _SECTIONS.items()}
    skip = tag("a", "Skip to the accuracies", class_="skip", href="#accuracy")
    return page.shell("experiments", join(_headline(experiments), *faults), sections, links, skip)


def _headline(experiments: Sequence[Experiment]) -> Html:
    """Tell which experiment is best, by how much, whether by more than chance, and what it cost.

    It is the best by its last model: on a development set where there is one, else on the test problems. It is compared
    with the first experiment, or with the next best where it is the first.
    """
    measured = [one.of(one.last) for one in experiments]
    shared = {
        name: row.scored
        for name, row in measured[0].items()
        if all(name in rows and rows[name].scored for rows in measured)
    }
    chosen = next((name for role in (DEV, TEST, OOD) if (name := standing_for(role, shared))), None)
    if chosen is None:
        return tag("h1", "The experiments share no set of graded problems.")
    shares = {one.name: rows[chosen].accuracy or 0.0 for one, rows in zip(experiments, measured, strict=True)}
    best, *rest = sorted(experiments, key=lambda one: -shares[one.name])
    other = rest[0] if best is experiments[0] else experiments[0]
    pair = next(one for one in of_models(other, other.last, best, best.last) if one.measured.problem_set == chosen)
    own, others = percent(shares[best.name]), percent(shares[other.name])
    claim = f"{best.name} solves the most problems, {own}; {other.name} solves {others}."
    if shares[best.name] == shares[other.name]:
        claim = f"{best.name} and {other.name} solve equally many of the problems, {own}."
    then = ", ".join(f"{one.name} {percent(shares[one.name])}" for one in rest)
    return first_screen(claim, [
        ("Which is best?", best.name, f"Its {best.last} on {described(chosen)}. 95 % interval: "
         f"{_interval(pair.measured)}{SPACE}%. Then {then}."),
        (f"How much better than {other.name}?", *_difference(pair)),
        ("More than chance?", *_chance(pair, len(experiments))),
        ("What did it cost?", _paid(best), f"{'; '.join(f'{one.name} {_paid(one)}' for one in rest)}."),
    ])  # fmt: skip


def _difference(pair: Pair) -> tuple[str, str]:
    if pair.row is not None:
        return difference(pair.row)
    return f"{points((pair.measured.accuracy or 0.0) - (pair.first.accuracy or 0.0))} points", f"{pair.note}."


def _chance(pair: Pair, count: int) -> tuple[str, str]:
    if pair.row is None:
        return "Not measured", "They were not compared problem by problem."
    finding, test = chance(pair.row)
    return finding, test + (f" The best of {count} is partly the luckiest." if count > 2 else "")


def _paid(one: Experiment) -> str:
    return f"{_minutes(one)}, {money(one.paid['dollars'])}"


def _minutes(one: Experiment) -> str:
    return "not timed" if one.minutes is None else duration(60 * one.minutes)


def _accuracy(experiments: Sequence[Experiment]) -> Html:
    """Return a chart for each problem set that all last models were measured on, and the numbers of all models."""
    rows = dict.fromkeys((row.problem_set, row.iteration) for one in experiments for row in one.accuracy)
    models = {name: [model for of, model in rows if of == name] for name, _ in rows}
    figures = []
    for name in models:
        measured = {one.name: one.of(one.last).get(name) for one in experiments}
        found = [row._replace(iteration=of) for of, row in measured.items() if row]
        if len(found) == len(experiments):
            figures.append(figure(described(name), charts.accuracy_chart(found, {}, names=10)))
    cells = [
        [f"{name}, {model}", *(_measured(one.of(model).get(name)) for one in experiments)]
        for name in models
        for model in models[name]
    ]
    tries = ": the mean of several tries" if any(row.samples > 1 for one in experiments for row in one.accuracy) else ""
    numbers = _table("problems, model", experiments, cells, f"Accuracy, with its 95 % interval{tries}")
    return join(tag("div", *figures, class_="panels"), tag("div", numbers, class_="side"))


def _measured(row: AccuracyRow | None) -> Html:
    return join() if row is None else join(percent(row.accuracy), " ", tag("em", _interval(row), class_="change"))


def _interval(row: AccuracyRow | FamilyShare) -> str:
    return f"{100 * row.low:.1f} to {100 * row.high:.1f}"


def _differences(experiments: Sequence[Experiment]) -> Html:
    first, *others = experiments
    head = ["experiment", "model", "problems", "solves", f"{first.name} solves", "points", "95 % interval",
            "p (McNemar)", "finding", "fixed", "broken"]  # fmt: skip
    rows = [
        [one.name, _models(one), one.measured.problem_set, percent(one.measured.accuracy), percent(one.first.accuracy),
         *_compared(one)]
        for other in others for one in against(first, other)
    ]  # fmt: skip
    return table(
        head, rows, f"Models compared with those of {first.name}", frozenset({*range(3, 8), 9, 10}), headed=True
    )


def _models(pair: Pair) -> str:
    new, old = pair.measured.iteration, pair.first.iteration
    return new if new == old else f"{new} against {old}"


def _compared(pair: Pair) -> list[Any]:
    if pair.row is None:
        return ["", "", "", pair.note, "", ""]
    *cells, finding = difference_cells(pair.row)
    return [*cells, f"{finding}, {pair.note}" if pair.note else finding, pair.row.fixed, pair.row.broken]


def _settings(experiments: Sequence[Experiment]) -> Html:
    params = _different("param", experiments, [one.params for one in experiments])
    code = _different("path", experiments, [one.code for one in experiments])
    parts = params or tag("p", "All params are the same."), folded("Code and given data that differ, by hash", code)
    return join(*(parts if code else parts[:1]))


def _different(what: str, experiments: Sequence[Experiment], settings: Sequence[Mapping[str, Any]]) -> Html:
    """Return a row for each setting that is not the same in all; nothing without one."""
    names = dict.fromkeys(name for one in settings for name in one)
    rows = [[name, *(_value(one, name) for one in settings)] for name in names]
    differing = [row for row in rows if len(set(row[1:])) > 1]
    title = f"Each {what} that is not the same in all"
    return _table(what, experiments, differing, title, numeric=False) if differing else join()


def _value(settings: Mapping[str, Any], name: str) -> str:
    value = settings.get(name, "not there")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _types(experiments: Sequence[Experiment]) -> Html:
    """Return the families, and a table for each iteration, the type with the largest share in any experiment first."""
    iterations = dict.fromkeys(row.iteration for one in experiments for row in one.types)
    tables = [*_families(experiments)]
    for iteration in iterations:
        own = [{row.error_type: row for row in one.types if row.iteration == iteration} for one in experiments]
        largest = {name: max(rows[name].share for rows in own if name in rows) for rows in own for name in rows}
        cells = [
            [name, *(_share(rows.get(name)) for rows in own)] for name in sorted(largest, key=lambda n: -largest[n])
        ]
        tables.append(_table("error type", experiments, cells, f"Error types of {iteration}"))
    return tag("div", *tables, class_="side")


def _families(experiments: Sequence[Experiment]) -> Iterator[Html]:
    """Yield a table of the families of reasoning, and one of those that are told by the verdict."""
    shares = [
        {(row.problem_set, row.family): row for row in one.families if row.model == one.last} for one in experiments
    ]
    met = {key for own in shares for key, row in own.items() if row.outputs}
    for title, apart in (("Mistakes of reasoning", False), ("Format, truncation and faulty golds", True)):
        cells = [
            [", ".join(key), *(_family(own.get(key), shares[0].get(key)) for own in shares)]
            for key in sorted(met, key=lambda key: (key[0], list(Family).index(key[1])))
            if (key[1] in APART) is apart
        ]
        if cells:
            yield _table("problems, family", experiments, cells, title)


def _family(row: FamilyShare | None, first: FamilyShare | None) -> Html:
    if row is None or row.share is None:
        return join()
    low, high = share_difference(first, row) if first and first.share is not None else (0.0, 0.0)
    mark = tag("b", " more" if low > 0 else " less") if low > 0 or high < 0 else join()
    return join(percent(row.share), " ", tag("em", _interval(row), class_="change"), mark)


def _share(row: TypeRow | None) -> Html:
    return join() if row is None else join(percent(row.share), " ", tag("em", row.size, class_="change"))


def _cost(experiments: Sequence[Experiment]) -> Html:
    rows = [
        ["time", *map(_minutes, experiments)],
        ["paid to the instructor", *(money(one.paid["dollars"]) for one in experiments)],
        ["its tokens in", *(f"{one.paid['input_tokens']:,}" for one in experiments)],
        ["its tokens out", *(f"{one.paid['output_tokens']:,}" for one in experiments)],
    ]
    return _table("", experiments, rows, "Time and payments")


def _table(
    what: str, experiments: Sequence[Experiment], rows: Sequence[Sequence[Any]], title: str, *, numeric: bool = True
) -> Html:
    """Return a table with a column for each experiment."""
    head = [what, *(one.name for one in experiments)]
    return table(head, rows, title, frozenset(range(1, len(head)) if numeric else ()), headed=True)
