"""The sections of the page: a function from `Results` to the content of each, and its entry in `SECTIONS`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from stages.core.problem_sets import DEV, POOLED, TEST, is_dev
from stages.reporting import charts, tables, usage
from stages.reporting.families import MEANINGS, Family, FamilyShare
from stages.reporting.history import FamilyHistory, TypeHistory, family_histories, type_histories, type_names
from stages.reporting.markup import SPACE, Html, duration, folded, join, percent, points, probability, table, tag
from stages.reporting.provenance import Provenance, by_stage, instructed_by
from stages.reporting.results import Iteration, Results


def accuracy(results: Results) -> Html:
    """Return a chart for each problem set, and the numbers; dev sets have a heading of their own."""
    rows = tables.accuracy(results)
    charts_of = [_charts([row for row in rows if is_dev(row.problem_set) == dev], results) for dev in (False, True)]
    measured = [
        [row.iteration, row.problem_set, f"{row.correct:g} of {row.scored}", percent(row.accuracy),
         f"{percent(row.low)} to {percent(row.high)}"]
        for row in rows
    ]  # fmt: skip
    samples = max((row.samples for row in rows), default=1)
    verdicts = [
        [iteration, problem_set, verdict.replace("_", " "), count]
        for iteration, problem_set, verdict, count in tables.verdicts(results).rows
        if count
    ]
    share = "accuracy" if samples == 1 else f"mean of {samples}"
    numbers = table(["model", "problems", "solved", share, "95 % interval"], measured, "Accuracy", frozenset({2, 3, 4}))
    counts = table(["model", "problems", "verdict", "outputs"], verdicts, "Verdicts", frozenset({3}))
    folds = folded("The numbers, and all verdicts", join(numbers, counts))
    return join(charts_of[0], *_under_dev(charts_of[1]), _majorities(rows, samples), folds)


def _majorities(rows: Sequence[tables.AccuracyRow], samples: int) -> Html:
    """Return mean and majority of several samples beside each other; nothing where each problem was tried once."""
    if samples == 1:
        return join()
    cells = [
        [row.iteration, row.problem_set, percent(row.accuracy), percent(row.majority),
         f"{percent(row.low)} to {percent(row.high)}", f"{percent(row.majority_low)} to {percent(row.majority_high)}"]
        for row in rows
    ]  # fmt: skip
    head = ["model", "problems", f"mean of {samples}", "majority", "95 % of the mean", "95 % of the majority"]
    title = "Several tries at each problem; the charts show the mean"
    return tag("div", table(head, cells, title, frozenset({2, 3, 4, 5})), class_="side")


def _charts(rows: Sequence[tables.AccuracyRow], results: Results) -> Html:
    """Return the charts of some problem sets, with one axis; nothing without rows."""
    parents = {model.name: model.parent for model in results.models}
    top = charts.top_share(rows)
    sets = {
        name: [row for row in rows if row.problem_set == name] for name in dict.fromkeys(r.problem_set for r in rows)
    }
    figures = [figure(described(name), charts.accuracy_chart(own, parents, top)) for name, own in sets.items()]
    return tag("div", *figures, class_="panels") if figures else join()


def _under_dev(content: Html) -> list[Html]:
    """Return what dev sets have, under its heading; nothing without any."""
    words = "Looked at while tuning, so that a gain on them proves nothing; never trained on, and in no pooled result."
    return [tag("h3", "Development sets"), tag("p", words, class_="lead"), content] if content else []


def described(problem_set: str) -> str:
    """Return the name of a problem set and what its problems are."""
    role, _, name = problem_set.partition("/")
    if role == DEV:
        return f"{problem_set}: problems to tune on"
    pooled = "" if name else ", mean of all sets"
    kinds = "new problems of the kinds trained on" if role == TEST else "problems of other kinds"
    return f"{problem_set}{pooled}: {kinds}"


def changes(results: Results) -> Html:
    """Return the problems that each model fixed and broke, with links into the browser."""
    rows = tables.comparisons(results)
    if not rows:
        return tag("p", "The models were not compared problem by problem.")
    mistakes = [
        [iteration, against, problem_set, mistake.replace("_", " "), *counts]
        for iteration, against, problem_set, mistake, *counts in tables.mistakes(results).rows
    ]
    mistake_head = ["model", "against", "problems", "first mistake", "before", "after", "fixed", "broken"]
    mistake_table = table(mistake_head, mistakes, "Kinds of first mistake", frozenset({4, 5, 6, 7}))
    held_out, dev = (
        _comparisons([r for r in rows if is_dev(r.problem_set) == is_of_dev], results) for is_of_dev in (False, True)
    )
    return join(held_out, *_under_dev(dev), folded("By kind of first mistake", mistake_table))


def _comparisons(rows: Sequence[tables.ComparisonRow], results: Results) -> Html:
    cells = [
        [
            row.iteration,
            row.against,
            row.problem_set,
            _changed(row, "fixed", row.fixed, results),
            _changed(row, "broken", row.broken, results),
            *difference_cells(row),
        ]
        for row in rows
    ]
    head = ["model", "against", "problems", "fixed", "broken", "points", "95 % interval", "p (McNemar)", "finding"]
    title = "Models compared on the same problems"
    return table(head, cells, title, frozenset({3, 4, 5, 6, 7})) if cells else join()


def difference_cells(row: tables.ComparisonRow) -> list[str]:
    """Return the difference in points, its 95 % interval, the p-value and the finding of a comparison."""
    return [
        "" if row.difference is None else points(row.difference),
        f"{points(row.low)} to {points(row.high)}",
        probability(row.p).removeprefix(f"={SPACE}"),
        tables.finding(row),
    ]


def _changed(row: tables.ComparisonRow, change: str, count: int, results: Results) -> Html:
    """Return a count; a comparison with the parent links to its problems in the browser."""
    parents = {model.name: model.parent for model in results.models}
    if count and row.against == parents[row.iteration] and row.problem_set not in POOLED:
        problem_set = quote(row.problem_set, safe="")
        return tag("a", count, href=f"#show={change}&iteration={row.iteration}&type={problem_set}")
    return join(count)


def types(results: Results) -> Html:
    """Return a row for each family and for each error type, with a bar for each iteration."""
    histories = type_histories(results)
    if not histories:
        return tag("p", "No bad cases.")
    largest = max(size for history in histories for size in history.sizes.values())
    names = [iteration.name for iteration in results.iterations]
    body = [_type_row(history, names, largest) for history in histories]
    of_types = _bar_table("Bad cases of each error type", "error type", names, body)
    return join(_families(results), of_types, _types_by_set(results, histories))


def _bar_table(caption: str, what: str, names: Sequence[str], body: Sequence[Html]) -> Html:
    head = tag("tr", *(tag("th", name, scope="col") for name in (what, *names)))
    content = tag("caption", caption), tag("thead", head), tag("tbody", *body)
    return tag("table", *content, class_="types", role="table")


def _families(results: Results) -> Html:
    """Return a row for each family of errors, its error types, and the shares on each set; nothing without failures."""
    histories, names = family_histories(results), [iteration.name for iteration in results.iterations]
    if not histories:
        return join()
    top = max(share.high for history in histories for share in history.shares.values())
    body = [_family_row(history, names, top) for history in histories]
    caption = "Families: what went wrong, of the training problems that are not solved, with 95 % intervals"
    kinds = type_names(results)
    types = [
        [history.family, kinds[key], *(_count(sizes.get(name, 0), name, history.family, key) for name in names)]
        for history in histories
        for key, sizes in history.types.items()
    ]
    numeric = frozenset(range(2, 2 + len(names)))
    type_table = table(["family", "error type", *names], types, "Error types of each family", numeric)
    sets = [
        [
            row.model,
            row.problem_set,
            row.family,
            row.outputs,
            row.of,
            percent(row.share),
            f"{percent(row.low)} to {percent(row.high)}",
        ]
        for row in tables.families_by_set(results)
    ]
    set_head = ["model", "problems", "family", "outputs", "not solved", "share", "95 % interval"]
    set_table = table(set_head, sets, "Families by problem set", frozenset({3, 4, 5, 6}))
    return join(
        _bar_table(caption, "family", names, body), folded("The error types of each family", type_table),
        folded("Families on each problem set", set_table) if sets else join(),
    )  # fmt: skip


def _family_row(history: FamilyHistory, names: Sequence[str], top: float) -> Html:
    cells = []
    for name in names:
        row = history.shares[name]
        bar = charts.bar((row.share or 0.0) / top, (row.low / top, row.high / top))
        words = tag("em", _with_interval(row), class_="change")
        # A problem with a faulty gold answer is no bad case, and not in the browser.
        shown = history.family is not Family.FAULTY_GOLD
        count = _count(row.outputs, name, history.family) if shown else tag("span", row.outputs)
        cells.append(_sized(name, bar, count, words))
    meaning = tag("small", MEANINGS[history.family])
    return tag("tr", tag("th", history.family, meaning, scope="row"), *cells)


def _with_interval(row: FamilyShare) -> str:
    """Return `20 % (15-26)`; nothing where nothing failed."""
    low, high = (f"{100 * end:.0f}" for end in (row.low, row.high))
    return "" if row.share is None else f"{100 * row.share:.0f}{SPACE}% ({low}\N{EN DASH}{high})"


def _sized(iteration: str, bar: str, count: Html, words: Html) -> Html:
    return tag("td", tag("div", tag("b", iteration, class_="narrow"), Html(bar), count, words, class_="size"))


def _count(count: int, iteration: str, family: str = "", error_type: str = "") -> Html:
    """Return a count of bad cases, with a link to them in the browser."""
    wanted = {"show": "bad", "iteration": iteration, "family": family, "type": error_type}
    link = urlencode({name: value for name, value in wanted.items() if value})
    return tag("a", count, href=f"#{link}") if count else tag("span", count)


def _types_by_set(results: Results, histories: Sequence[TypeHistory]) -> Html:
    """Return the bad cases of each type by problem set; nothing where there is one set."""
    sets = sorted({name for one in results.iterations for counts in one.type_sets.values() for name in counts})
    if len(sets) < 2:
        return join()
    rows = [
        [one.name, history.name, *(one.type_sets[history.id][name] for name in sets)]
        for one in results.iterations
        for history in histories
        if history.id in one.type_sets
    ]
    numeric = frozenset(range(2, 2 + len(sets)))
    return folded(
        "By problem set", table(["iteration", "error type", *sets], rows, "Error types by problem set", numeric)
    )


def _type_row(history: TypeHistory, names: Sequence[str], largest: int) -> Html:
    cells = []
    for name in names:
        size, change = history.sizes[name], history.changes[name]
        words = tag("em", change, class_=f"change {change.replace(' ', '-')}")
        cells.append(_sized(name, charts.bar(size / largest), _count(size, name, error_type=history.id), words))
    return tag("tr", tag("th", history.name, scope="row"), *cells)


def funnels(results: Results) -> Html:
    """Return how many problems and candidates passed each step of each iteration, and what the sets are."""
    cards = [_funnel(iteration, tables.reject_reasons(results)) for iteration in results.iterations]
    columns, rows = tables.problems(results)
    sets = table(list(columns), [list(row) for row in rows], "Problem sets", frozenset({2, 4, 5, 6, 7, 8}))
    folds = folded("The problem sets", sets) if rows else join()
    return join(tag("div", *cards, class_="panels"), _tries(results), _authors(results), folds)


def _tries(results: Results) -> Html:
    """Return the pass rates of the training problems; nothing where each was tried once."""
    columns, rows = tables.tries(results)
    cells = [[*row[:4], percent(row[4]), row[5]] for row in rows]
    title = "Tries at training problems"
    found = table(list(columns), cells, title, frozenset({2, 3, 4, 5}))
    return tag("div", found, class_="side") if rows else join()


def _authors(results: Results) -> Html:
    """Return who solved the new problems; nothing where nobody was asked to."""
    columns, rows = tables.authors(results)
    found = table(list(columns), [list(row) for row in rows], "Solutions of the new problems", frozenset({2, 3, 4, 5}))
    return tag("div", found, class_="side") if rows else join()


def _funnel(iteration: Iteration, reasons: Sequence[str]) -> Html:
    steps = [step for step in tables.steps(iteration, reasons) if step.count or not (step.lost or step.seldom)]
    largest = max(step.count for step in steps) or 1
    lines = [
        tag("li", tag("span", step.name), tag("b", step.count), Html(charts.bar(step.count / largest)),
            class_="lost" if step.lost else "passed")
        for step in steps
    ]  # fmt: skip
    return tag("div", tag("h3", iteration.name), tag("ol", *lines, class_="funnel"), class_="panel")


def training(results: Results) -> Html:
    """Return the loss of each iteration by step, and how the last model is handed on."""
    curves = {iteration.name: iteration.loss for iteration in results.iterations if iteration.loss}
    if not curves:
        return tag("p", "Nothing was trained.")
    ends = [[name, curve[-1][0], f"{curve[0][1]:.3f}", f"{curve[-1][1]:.3f}"] for name, curve in curves.items()]
    head, title = ["iteration", "steps", "first loss", "last loss"], "Loss by step"
    held_out = {iteration.name: iteration.validation for iteration in results.iterations if iteration.validation}
    if held_out:
        head, title = [*head, "first and last on problems held out"], "Loss by step; dots: on problems held out"
        ends = [
            [*row, tables.first_and_last([loss for _, loss in held_out.get(str(row[0]), [])], ".3f")] for row in ends
        ]
    numbers = table(head, ends, "Training loss", frozenset(range(1, len(head))))
    last = results.models[-1].name
    command = tag("code", f"python -m tools.export {last} OUT")
    handed_on = tag("p", "To hand ", last, " on: ", command, " writes the whole model and what it was trained on.")
    charted = tag("div", figure(title, charts.loss_chart(curves, held_out)), numbers, class_="panels")
    return join(charted, _preferences(results), handed_on)


def _preferences(results: Results) -> Html:
    """Return what the pass over right and wrong solutions did; nothing where no iteration had one."""
    columns, rows = tables.preferences(results)
    done = table(list(columns), rows, "Right solutions against wrong ones (dpo)", frozenset(range(1, len(columns))))
    return tag("div", done, class_="side") if rows else join()


def cost(results: Results) -> Html:
    """Return the time of each stage and the payments to the instructor, by iteration, and the provenance."""
    paid, provenance = _paid(results), results.provenance
    if provenance is None:
        return join(paid, tag("p", "Neither times nor versions were recorded."))
    times = _times(results, provenance) if provenance["stages"] else tag("p", "The stages were not timed.")
    return join(tag("div", times, paid, class_="side"), folded("Made with", _made_with(provenance)))


def _paid(results: Results) -> Html:
    rows = usage.rows(usage.account(results.iterations))
    if not rows:
        return tag("p", "Paid to the instructor: nothing.")
    *stages, total = rows
    head = ["iteration", "stage", "paid", "requests", "tokens in", "tokens out"]
    return table(head, [*stages, [tag("b", cell) for cell in total]], "Paid to the instructor", frozenset(range(2, 6)))


def _times(results: Results, provenance: Provenance) -> Html:
    iterations = ["", *(iteration.name for iteration in results.iterations)]
    stages = by_stage(provenance)
    rows = [
        [stage, *(duration(seconds[name]) if name in seconds else "" for name in iterations)]
        for stage, seconds in stages.items()
    ]
    sums = [sum(seconds.get(name, 0.0) for seconds in stages.values()) for name in iterations]
    rows.append([tag("b", "together"), *(tag("b", duration(seconds)) for seconds in sums)])
    numeric = frozenset(range(1, len(iterations) + 1))
    return table(["stage", "once", *iterations[1:]], rows, "Time by stage", numeric)


def _made_with(provenance: Provenance) -> Html:
    machine, git = provenance["machine"], provenance["git"]
    commit = (git["commit"] or "unknown") + (" with changes" if git["changed"] else "")
    facts = {
        "report written": provenance["written"],
        "git commit": commit,
        "machine": f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}",
        "GPUs": ", ".join(machine["gpus"]) or "none",
        "instructor": instructed_by(provenance),
        "Python": provenance["python"],
        "packages": ", ".join(f"{name} {version}" for name, version in provenance["packages"].items()),
    }
    return tag("dl", *(join(tag("dt", name), tag("dd", value)) for name, value in facts.items()), class_="facts")


def figure(caption: str, chart: str) -> Html:
    """Return a chart in a panel, under its caption."""
    return tag("figure", tag("figcaption", caption), Html(chart), class_="panel")


@dataclass(frozen=True)
class Section:
    """A section of the page.

    Attributes:
        id: its address on the page.
        link: its name in the menu; empty for a section without one.
        title: its heading.
        lead: its introduction, in a few sentences.
        content: returns the rest of it.
    """

    id: str
    link: str
    title: str
    lead: str
    content: Callable[[Results], Html]


SECTIONS = (
    Section(
        "accuracy", "Accuracy", "Accuracy, model by model",
        "The share of problems that each model solves, none of which it was trained on. The thin line is the 95 % "
        "interval: where the true share may well lie. The dashed line is the base model.", accuracy,
    ),
    Section(
        "changes", "", "The same problems, before and after",
        "A problem is fixed if only the newer model solves it, and broken if only the older one does; of several tries "
        "at each, if that model solves it more often. A change is "
        "measurable where p of McNemar\N{RIGHT SINGLE QUOTATION MARK}s exact test is below 0.05 and the 95 % interval "
        "of the difference excludes zero.", changes,
    ),
    Section(
        "types", "Mistakes", "What does the model get wrong?",
        "Each unsolved training problem is put into a family by what went wrong, and into a type by the reason of its "
        "first mistake. What was cut off or gives no answer is in the family of that, whatever came first. A number "
        "leads to its cases.", types,
    ),
    Section(
        "funnel", "Data", "From mistakes to training data",
        "The mistakes of each type become new problems; those that fail a check are rejected, and those that "
        "have no solution to train on or help least as a worked example are left out.", funnels,
    ),
    Section(
        "training", "Training", "Training",
        "The loss on the answers of the training set: the lower, the better the model writes the worked solutions that "
        "it is shown.", training,
    ),
    Section(
        "cost", "Cost", "What it cost",
        "The time of the runs that wrote these results, the longest stage first, and what an instructor that is paid "
        "for was asked.", cost,
    ),
)  # fmt: skip
"""In the order in which the page shows them."""
