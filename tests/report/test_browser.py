"""The page in headless Chromium: it loads without a complaint or a request, filters, opens, and works by keyboard."""

import pytest

from stages.core.metrics import TypeChange
from stages.core.records import (
    Assignment,
    Candidate,
    Case,
    ErrorType,
    Keyphrase,
    Prediction,
    Problem,
    Rejected,
    Score,
    Solution,
    TestPrediction,
    TrainingRow,
)
from stages.core.verdict import Verdict
from stages.reporting import page
from stages.reporting.cases import Sources, trace
from stages.reporting.results import Model, Results, with_traces
from tests.report.chromium import PROGRAM
from tests.unit.reporting import conftest

pytestmark = [pytest.mark.slow, pytest.mark.skipif(PROGRAM is None, reason="needs Chromium")]

HOSTILE = "1 + 1 = 3 <script>document.title = 'run'</script><!-- </script> <img src=x onerror=alert(1)>"
MANY = 10_000


def sources(iteration: str, count: int) -> Sources:
    """Cases of two types in turn, each with a trained problem.

    Case 0 is hostile and has a rejected, an unsolved and a passed-over problem too; that of case 7 is trained on with
    the target's solution.
    """
    numbers = range(count)
    kinds = ["slips in an addition", "leaves a step out"]
    names = [f"{iteration}-{number}" for number in numbers]
    outputs = [
        HOSTILE if number == 0 else f"He has {number}.\n{number} + 1 = {number + 2}\n#### 3" for number in numbers
    ]
    problems = [Problem(f"p{number}", f"What is {number} + 1?", f"{number} + 1 = {number + 1}", str(number + 1), "sums",
                        None, "sums", None, None)
                for number in numbers]  # fmt: skip
    made = [Candidate(f"x-{name}", f"New {name}?", "2 + 2 = 4\n#### 4", "4", f"t{i % 2}", [f"c-{name}"], f"q-{name}",
                      "sei", ["equations"], {"given": 3, "agreeing": 2} if i else None, "sums",
                      "votes" if i else "construction", "one step" if i == 1 else None)
            for i, name in enumerate(names)]  # fmt: skip
    return Sources(
        problems=problems,
        predictions=[Prediction(f"r-{name}", f"p{i}", outputs[i], 9, "end", "vllm", 0) for i, name in enumerate(names)],
        bad_cases=[Case(f"c-{name}", f"r-{name}", f"p{i}", problems[i].question, problems[i].solution,
                        problems[i].answer, outputs[i], i % 5 == 4, "3",
                        Verdict.TRUNCATED if i % 5 == 4 else Verdict.WRONG, "sums", "", None, 4 if i == 0 else 1,
                        0.25 if i == 0 else 0.0)
                   for i, name in enumerate(names)],
        keyphrases=[Keyphrase(f"k-{name}", f"c-{name}", kinds[i % 2], 1 if i else 0,
                              outputs[i].split("\n")[1 if i else 0], f"{i} is off", None, "sums")
                    for i, name in enumerate(names)],
        error_types=[ErrorType(f"t{i}", kinds[i], f"About {kinds[i]}.", count // 2, 0.5, [kinds[i]], 0.5, "")
                     for i in (0, 1)],
        assignments=[Assignment(f"c-{name}", f"k-{name}", f"t{i % 2}") for i, name in enumerate(names)],
        synthetic=[*made, *(Candidate(f"x-{name}", f"{name}?", "", "4", "t0", [f"c-{names[0]}"], "q", "sei", [], None,
                                      "sums", "none", None) for name in ("spare", "open"))],
        rejected=[Rejected("x-no", "<b>Copy?</b>", "", "", "t0", [f"c-{names[0]}"], "q", "sei", [], None, "sums",
                           "none", None, "near copy", ["near copy"], "p3", "train", "near copy", 0.93)],
        solutions=[*(Solution(f"s-{name}", f"x-{name}", "worked", 0, "2 + 2 = 4\n#### 4", None, Verdict.CORRECT, 1, 1,
                              i != 7, "of another author: worked" if i == 7 else None)
                     for i, name in enumerate([*names, "spare"])),
                   *(Solution(f"s-{iteration}-7-{sample}", f"x-{iteration}-7", "target", sample,
                              f"Aloud: 2 + 2 = {4 - sample}", 9,
                              Verdict.WRONG if sample else Verdict.CORRECT, 1, 1 - sample, not sample,
                              "wrong" if sample else None) for sample in (0, 1)),
                   Solution("s-open", "x-open", "target", 0, "Who knows?", 3, Verdict.NO_ANSWER, 0, 0, False,
                            "no_answer")],
        scores=[Score(f"x-{name}", 0.25, 0.3, 0.2, 3, 1, None, 0.1, True) for name in names],
        training_set=[TrainingRow(f"row-{name}", "", "", "", f"x-{name}", f"s-{name}", "t0", None, iteration, "sums",
                                  "worked", "votes", None, None)
                      for name in names],
        tests=[TestPrediction("after-1", "test/sums", "p1", "1 + 1 = 2\n#### 2", 9, "2", Verdict.CORRECT, None,
                              "vllm", 0)],
        parent_tests=[TestPrediction("before-1", "test/sums", "p1", HOSTILE, 9, "3", Verdict.WRONG, "arithmetic_slip",
                                     "vllm", 0)],
    )  # fmt: skip


def results(names: list[str]) -> Results:
    evaluation = {"test/sums": conftest.measured(3, 9, 0.1, 0.6)}
    comparisons = {"test/sums": conftest.both(conftest.compared(3, 0, 0.1, 0.6, 0.25, True, problems=9))}
    name = "a very long name of an error type, with <b>markup</b> and nowhereabreakinthemiddleofthisword"
    types = [TypeChange(f"t{i}", name, "", 9, 1.0, [], 0.5, "", "new", None, "iter1") for i in (0, 1)]
    models = [Model(name, "base", 0, evaluation, comparisons) for name in names]
    iterations = [conftest.iteration(name, types, [(1, 1.0), (5, 0.2)]) for name in names]
    return Results([Model("base", None, 0, evaluation, {}), *models], iterations)


def page_of(path, traces):
    measured = with_traces(results([trace["iteration"] for trace in traces]), traces)
    path.write_text(page.render(measured, traces), encoding="utf-8")
    return path


def written(folder, count):
    traces = [trace(name, "base", sources(name, count)) for name in ("iter1", "iter2")]
    return page_of(folder / "index.html", traces)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return written(tmp_path_factory.mktemp("small"), 120)


@pytest.fixture
def opened(chromium, small):
    chromium.size(1280, 900)
    chromium.open(small)
    yield chromium
    assert chromium.complaints() == []
    assert chromium.requests() == [small.as_uri()]


def titles(browser):
    return browser.run("[...document.querySelectorAll('#case-list b')].map((b) => b.textContent)")


def choose(browser, name, value):
    browser.run(
        f"(() => {{ const field = document.getElementById('filter-{name}'); field.value = {value!r};"
        "field.dispatchEvent(new Event(field.tagName === 'SELECT' ? 'change' : 'input')); })()"
    )


def count(browser):
    return browser.run("document.getElementById('count').textContent")


def heading(browser):
    return browser.run("document.querySelector('#case h3')?.textContent ?? ''")


def text(browser):
    return browser.run("document.getElementById('case').innerText")


def test_page_lists_the_bad_cases_of_all_iterations_fifty_at_a_time(opened):
    assert count(opened) == "240 of 240 bad cases"
    assert len(titles(opened)) == 50
    assert opened.run("document.getElementById('page-number').textContent") == "page 1 of 5"
    opened.run("document.getElementById('page-after').click()")
    assert opened.run("document.getElementById('page-number').textContent") == "page 2 of 5"


def test_filters_by_iteration_type_verdict_and_words(opened):
    choose(opened, "iteration", "iter2")
    assert count(opened) == "120 of 240 bad cases"
    choose(opened, "type", "t1")
    assert count(opened) == "60 of 240 bad cases"
    assert set(titles(opened)) == {"leaves a step out"}
    choose(opened, "verdict", "truncated")
    assert count(opened) == "12 of 240 bad cases"  # the odd numbers that end in 9
    choose(opened, "text", "WHAT 119")
    assert count(opened) == "1 of 240 bad cases"
    choose(opened, "text", "no such words")
    assert "Nothing matches" in opened.run("document.getElementById('case-list').textContent")


def test_family_leads_to_its_types_its_cases_and_the_marked_line(opened):
    def follow(address):
        opened.run(f"document.querySelector('a[href=\"#show=bad&iteration=iter2&{address}\"]').click()")

    # Of 120 cases every fifth was cut off; the others are slips and steps left out by turns.
    follow("family=omission")
    opened.wait("document.getElementById('count').textContent.startsWith('48')")
    assert set(titles(opened)) == {"leaves a step out"}
    follow("family=truncation&type=t1")
    opened.wait("document.getElementById('count').textContent.startsWith('12')")
    assert opened.run("document.getElementById('filter-family').value") == "truncation"
    opened.run("document.querySelector('#case-list a').click()")
    opened.wait("document.querySelector('#case mark') !== null")
    assert opened.run("document.querySelector('#case mark').textContent") == "9 + 1 = 11"
    opened.run("document.querySelector('#case .meta a').click()")
    opened.wait("document.getElementById('count').textContent.startsWith('24')")
    choose(opened, "family", "calculation")
    assert count(opened) == "48 of 240 bad cases"
    choose(opened, "show", "fixed")
    options = opened.run("[...document.getElementById('filter-family').options].map((o) => o.textContent)")
    assert options == ["all", "calculation (1)"]


def test_permalink_opens_a_case_with_its_first_mistake_marked_and_leads_to_its_training_row(chromium, small):
    chromium.open(small, "#case=c-iter2-7")
    assert heading(chromium) == "leaves a step out"
    assert chromium.run("[...document.querySelectorAll('#case mark')].map((m) => m.textContent)") == ["7 + 1 = 9"]
    for shown in ("What is 7 + 1?", "Worked solution (answer 8)", "First mistake, marked: 7 is off", "c-iter2-7", "p7"):
        assert shown in text(chromium)
    chromium.run("document.querySelector('#case details').open = true")
    found = text(chromium)
    for shown in ("trained on", "New iter2-7?", "row-iter2-7", "q-iter2-7"):
        assert shown in found
    assert chromium.run("document.querySelector('#case-list [aria-current]').getAttribute('href')") == "#case=c-iter2-7"


def test_case_of_several_tries_tells_how_many_are_right(chromium, small):
    chromium.open(small, "#case=c-iter2-0")
    assert "right in 25 % of 4 tries" in text(chromium)
    chromium.open(small, "#case=c-iter2-7")
    assert "tries" not in text(chromium)


def test_search_for_a_training_row_finds_the_case_that_it_came_of(opened):
    choose(opened, "text", "row-iter2-119")
    assert count(opened) == "1 of 240 bad cases"
    assert opened.run("document.querySelector('#case-list a').getAttribute('href')") == "#case=c-iter2-119"


def test_checks_and_scores_of_a_synthetic_problem_are_told_in_words(chromium, small):
    chromium.open(small, "#case=c-iter2-7")
    chromium.run("document.querySelector('#case details').open = true")
    told = chromium.run(
        "[...document.querySelectorAll('#case details dt')].map((d) => [d.textContent, d.nextSibling.textContent])"
    )
    assert told == [
        ["checks", "equations"], ["certificate", "2 of 3 independent solutions agree"],
        ["right tries", "1 of 2 by the target"], ["solutions left out", "1 wrong"],
        ["score", "0.25"],
        ["score on bad cases", "0.3"], ["score on good cases", "0.2"], ["likelihood gain, nats a token", "0.1"],
        ["bad cases tried on", "3"], ["good cases tried on", "1"], ["kept by selection", "yes"],
        ["strategy", "sei"], ["made from", "c-iter2-7"], ["error type", "t1"],
        ["request", "q-iter2-7"], ["candidate", "x-iter2-7"], ["training rows", "row-iter2-7"],
        ["set", "sums"],
    ]  # fmt: skip


def solutions(browser):
    browser.run("document.querySelectorAll('#case details').forEach((made) => { made.open = true; })")
    return browser.run(
        "[...document.querySelectorAll('#case details h4')].map((h) => [h.textContent, h.nextSibling.textContent])"
    )


def test_solutions_of_a_synthetic_problem_are_told_with_their_authors(chromium, small):
    chromium.open(small, "#case=c-iter2-7")
    assert solutions(chromium) == [
        ["Worked solution, not trained on", "2 + 2 = 4#### 4"],
        ["Solution by the target, trained on (1 of its 1 results are in the worked one)", "Aloud: 2 + 2 = 4"],
    ]
    chromium.open(small, "#case=c-iter2-8")
    assert solutions(chromium) == [["Worked solution, trained on", "2 + 2 = 4#### 4"]]


def test_certificate_without_votes_is_told_in_words(chromium, small):
    chromium.open(small, "#case=c-iter1-0")
    chromium.run("document.querySelector('#case details').open = true")
    assert "computed with the problem" in text(chromium)


def test_field_that_is_null_inside_another_is_shown_as_none(chromium, tmp_path):
    traces = [trace("iter1", "base", sources("iter1", 2))]
    traces[0]["candidates"][0]["votes"] = {"given": None, "by": [None, 1]}
    chromium.open(page_of(tmp_path / "index.html", traces), "#case=c-iter1-0")
    chromium.run("document.querySelector('#case details').open = true")
    assert "none, 1 by, none given" in text(chromium)
    assert chromium.complaints() == []


def test_two_types_of_one_name_are_told_apart_in_the_filter(chromium, tmp_path):
    traces = [trace("iter1", "base", sources("iter1", 4))]
    for found in traces[0]["types"]:
        found["name"] = "slips"
    chromium.open(page_of(tmp_path / "index.html", traces))
    shown = chromium.run("[...document.getElementById('filter-type').options].map((o) => [o.value, o.textContent])")
    assert shown == [["", "all"], ["t0", "slips (t0) (2)"], ["t1", "slips (t1) (2)"]]
    choose(chromium, "type", "t1")
    assert count(chromium) == "2 of 4 bad cases"


def test_back_button_closes_an_open_case(opened):
    opened.run("document.querySelector('#case-list a').click()")
    opened.wait("document.querySelector('#case h3') !== null")
    opened.run("history.back()")
    opened.wait("document.querySelector('#case h3') === null")
    assert opened.run("document.activeElement.getAttribute('href')") == "#case=c-iter1-0"
    opened.run("history.forward()")
    opened.wait("document.querySelector('#case h3') !== null")
    opened.run("document.querySelector('a[href=\"#accuracy\"]').click()")
    opened.wait("document.querySelector('#case h3') === null")


def test_back_button_leads_from_an_unknown_case_to_the_list(opened):
    opened.run("location.hash = 'case=nothing'")
    opened.wait("document.getElementById('case').innerText.includes('no such case')")
    opened.run("history.back()")
    opened.wait("document.getElementById('case').innerText.includes('Open a case')")


def test_rejected_and_unselected_problems_are_shown_with_their_reasons(chromium, small):
    chromium.open(small, "#case=c-iter1-0")
    chromium.run("document.querySelectorAll('#case details').forEach((made) => { made.open = true; })")
    found = text(chromium)
    reasons = (
        "rejected",
        "<b>Copy?</b>",
        "near copy",
        "0.93",
        "not selected",
        "no solution to train on",
        "1 no answer",
    )
    for shown in ("What came of it: 4 synthetic problems", *reasons):
        assert shown in found


def test_permalink_of_a_case_on_a_later_page_turns_to_it(chromium, small):
    chromium.open(small, "#case=c-iter2-7")
    assert chromium.run("document.querySelector('#case-list [aria-current]').getAttribute('href')") == "#case=c-iter2-7"
    assert chromium.run("document.getElementById('page-number').textContent") == "page 3 of 5"


def test_permalink_of_an_unknown_case_says_so(chromium, small):
    chromium.open(small, "#case=nothing")
    assert "This report has no such case." in text(chromium)


def test_case_leads_to_the_same_problem_in_another_iteration(opened):
    opened.run("location.hash = 'case=c-iter1-7'")
    opened.wait("document.querySelector('#case h3') !== null")
    opened.run("document.querySelector('#case a[href=\"#case=c-iter2-7\"]').click()")
    opened.wait("document.getElementById('case').innerText.includes('c-iter2-7')")


def test_link_of_the_comparison_shows_the_fixed_problems(opened):
    opened.run("document.querySelector('a[href=\"#show=fixed&iteration=iter2&type=test%2Fsums\"]').click()")
    opened.wait("document.getElementById('count').textContent.endsWith('fixed')")
    assert count(opened) == "1 of 2 held-out problems fixed"
    opened.run("document.querySelector('#case-list a').click()")
    opened.wait("document.querySelector('#case h3') !== null")
    assert heading(opened) == "Fixed by iter2"
    assert "Before: base (answer 3)" in text(opened)
    assert "After: iter2 (answer 2, correct)" in text(opened)


def test_script_in_an_output_is_shown_and_not_run(opened):
    title = opened.run("document.title")
    opened.run("location.hash = 'case=c-iter1-0'")
    opened.wait("document.querySelector('#case h3') !== null")
    assert HOSTILE in text(opened)
    assert opened.run("document.querySelectorAll('#cases script, #cases img').length") == 0
    assert opened.run("document.title") == title


def test_works_by_keyboard_alone(opened):
    opened.press("/")
    assert opened.run("document.activeElement.id") == "filter-text"
    opened.press("Escape", "j", "j")
    assert opened.run("document.activeElement.textContent").startswith("leaves a step out")
    opened.press("ArrowDown", "ArrowUp", "k", "Enter")
    opened.wait("document.querySelector('#case h3') !== null")
    assert heading(opened) == "slips in an addition"
    assert opened.run("document.activeElement.id") == "case"
    opened.press("j")
    opened.wait("document.querySelector('#case h3').textContent === 'leaves a step out'")
    opened.press("Escape")
    assert heading(opened) == ""
    assert opened.run("document.activeElement.getAttribute('href')") == "#case=c-iter1-1"


def test_moving_past_the_end_of_a_page_goes_on_with_the_next(opened):
    opened.press(*"j" * 51)
    assert opened.run("document.getElementById('page-number').textContent") == "page 2 of 5"
    assert opened.run("document.activeElement.getAttribute('href')") == "#case=c-iter1-50"


def test_focus_is_visible(opened):
    opened.press("Tab")
    style = opened.run("getComputedStyle(document.activeElement).outlineStyle")
    assert (opened.run("document.activeElement.className"), style) == ("skip", "solid")


@pytest.mark.parametrize("address", ["", "#case=c-iter1-0"])
def test_phone_width_needs_no_sideways_scrolling(chromium, small, address):
    chromium.size(375, 812)
    chromium.open(small, address)
    assert chromium.run("document.documentElement.scrollWidth") == 375
    shown = chromium.run("getComputedStyle(document.querySelector('.list')).display")
    assert shown == ("none" if address else "flex")


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(18, 22, 29)")])
def test_colours_follow_the_preference_of_the_reader(opened, scheme, ground):
    opened.prefer(scheme)
    assert opened.run("getComputedStyle(document.body).backgroundColor") == ground


def test_ten_thousand_cases_open_within_two_seconds(chromium, tmp_path):
    path = written(tmp_path, MANY // 2)
    chromium.size(1280, 900)
    seconds = chromium.open(path)
    assert count(chromium) == f"{MANY} of {MANY} bad cases"
    assert chromium.complaints() == []
    assert seconds < 2
    took = chromium.run(
        "(() => { const field = document.getElementById('filter-text'); const start = performance.now();"
        "field.value = '4321'; field.dispatchEvent(new Event('input')); return performance.now() - start; })()"
    )
    assert took < 1000
