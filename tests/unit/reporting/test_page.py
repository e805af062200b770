"""The page: complete, escaped, and without anything from the network."""

import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest
import yaml

from stages.reporting import page, sections
from stages.reporting.families import MEANINGS, Family
from stages.reporting.results import Results
from stages.reporting.sections import SECTIONS
from tests.unit.conftest import ROOT
from tests.unit.reporting.conftest import both, types

VOID = {"meta", "input"}
HOSTILE = "</script><script>alert('x')</script><!-- & co"


class Outline(HTMLParser):
    """Collects tags, checks that they nest, and collects the text of each kind of element."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes, self.texts = [], [], [], {}

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        for tag in self.open:
            self.texts[tag][-1] += data


def outline(html):
    found = Outline()
    found.feed(html)
    found.close()
    assert found.open == []
    return found


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_first_screen_answers_how_much_better_by_chance_what_wrong_and_at_what_cost(results, traces, provenance):
    texts = outline(page.render(replace(results, provenance=provenance), traces)).texts
    assert plain(texts["h1"][0]) == "iter1 solves 37.5 % of the held-out problems, the base model 10.0 %."
    assert texts["strong"] == ["+25.0 points", "Yes, better", "Slips", "21 min"]
    answers = [plain(text) for text in texts["dd"][:4]]
    assert "22 problems fixed and 2 broken, of 80" in answers[0]
    assert "+15.0 to +35.0 points" in answers[0]
    assert "p < 0.0001 (McNemar's test). On ood/unseen: not measured." in answers[1]
    assert "The largest of 2 error types: 30 of the 40 bad cases" in answers[2]
    assert (
        "On 2 CPU cores; longest: train@iter1 (20 min) and predict@iter1 (50 s). "
        "Instructor: symbolic; no paid model was asked." in answers[3]
    )


def test_pooled_result_stands_on_the_first_screen_and_dev_sets_under_a_heading_of_their_own(several, traces):
    written = page.render(several, traces)
    texts = outline(written).texts
    assert plain(texts["h1"][0]) == (
        "iter1 solves 60.0 % of the held-out problems, as the mean of their sets, the base model 60.0 %."
    )
    assert texts["strong"][0] == "+60.0 points"
    said = plain(" ".join(texts["dd"]))
    assert "On test/sums: better." in said
    assert "dev/sums" not in said
    captions = texts["figcaption"]
    assert "test, mean of all sets: new problems of the kinds trained on" in captions
    assert captions.index("dev/sums: problems to tune on") > captions.index("ood/unseen: problems of other kinds")
    # Once under the accuracies and once under the comparisons.
    assert texts["h3"].count("Development sets") == 2


def test_page_without_dev_sets_has_no_heading_for_them(results, traces):
    assert "Development sets" not in page.render(results, traces)


def test_page_without_a_measurable_change_says_so(results, traces):
    base, last = results.models
    flat = replace(last.comparisons["test/sums"].base, measurable=False, interval=(-0.02, 0.1), p=0.3)
    level = replace(last, comparisons={"test/sums": both(flat)})
    texts = outline(page.render(Results([base, level], results.iterations), traces)).texts
    assert texts["strong"][1] == "No measurable change"
    assert "no measurable change" in texts["td"]


def test_cost_tells_the_stages_that_were_not_timed(results, traces, provenance):
    untimed = replace(results, provenance=provenance | {"untimed": ["train@iter2"]})
    texts = outline(page.render(untimed, traces)).texts
    assert "Stages not timed: 1." in texts["dd"][3]


def test_funnel_shows_every_step_with_its_number(results, traces):
    texts = outline(page.render(results, traces)).texts
    assert [text for text in texts["li"] if text] == [
        "problems tried60", "not solved: bad cases40", "new problems written25", "rejected: near copy3",
        "rejected: no equations2", "passed the checks20", "with a solution to train on18",
        "kept by selection16", "rows: their solutions16", "too long to train on1",
        "trained on, with earlier iterations15",
    ]  # fmt: skip


def test_page_shows_who_solved_the_new_problems_and_the_rows_that_are_missing(solved, results, traces):
    texts = outline(page.render(solved, traces)).texts
    assert "Solutions of the new problems" in texts["caption"]
    assert {"iter1target40976", "iter1instructor20161615"} <= set(texts["tr"])
    assert "rows wanted and not reached5" in texts["li"]
    assert "Solutions of the new problems" not in outline(page.render(results, traces)).texts["caption"]


def test_cost_has_a_table_of_what_was_paid_and_one_of_times(paid, traces, provenance):
    total = {"requests": 49, "input_tokens": 28_000, "output_tokens": 13_500, "dollars": 1.56}
    instructor = provenance["instructor"] | {"models": {"openai": {"name": "m", "served": []}}, "paid": total}
    asked = replace(paid, provenance=provenance | {"instructor": instructor})
    texts = outline(page.render(asked, traces)).texts
    assert [text for text in texts["caption"] if text][-2:] == ["Time by stage", "Paid to the instructor"]
    rows = [text for text in texts["tr"] if text]
    assert rows[-3:] == [
        "iter1generate_keyphrases$0.064020,0001,500",
        "iter1synthesize_data$1.5098,00012,000",
        "total$1.564928,00013,500",
    ]
    assert {"train20 min", "evaluate_base8.4 s", "together8.4 s21 min"} <= set(rows)
    assert texts["strong"][3] == "21 min, $1.56"


def test_cost_of_an_instructor_that_costs_nothing_says_so(results, traces, provenance):
    html = page.render(replace(results, provenance=provenance), traces)
    assert "Paid to the instructor: nothing." in outline(html).texts["p"]


def test_counts_of_fixed_and_broken_problems_lead_into_the_browser(results, traces):
    html = page.render(results, traces)
    assert 'href="#show=fixed&amp;iteration=iter1&amp;type=test%2Fsums">22</a>' in html
    assert 'href="#show=broken&amp;iteration=iter1&amp;type=test%2Fsums">2</a>' in html
    assert 'href="#show=bad&amp;iteration=iter1&amp;type=slips-id">30</a>' in html


def test_families_lead_to_their_types_and_cases(in_families, traces):
    html = page.render(in_families, traces)
    texts = outline(html).texts
    rows = [plain(text) for text in texts["tr"]]
    meaning = MEANINGS[Family.CALCULATION]
    dash = "\N{EN DASH}"
    assert f"calculation{meaning}iter1778 % (45{dash}94)iter2150 % (9{dash}91)" in rows
    assert {"calculationunits50", "calculationslips21", "truncationslips11"} <= set(rows)
    assert "basetest/sumsreading1250.0 %9.5 % to 90.5 %" in rows
    assert 'href="#show=bad&amp;iteration=iter1&amp;family=calculation">7</a>' in html
    assert 'href="#show=bad&amp;iteration=iter1&amp;family=truncation&amp;type=slips-id">1</a>' in html
    # The bars end where the largest interval does, that of 7 in 9: from 0.4526 to 0.9368.
    assert '<rect class="interval" x="48.3" y="4" width="51.7" height="2"/>' in html
    # Problems with a faulty gold answer are no cases.
    assert "faulty+gold" not in html


def test_page_without_families_has_no_table_of_them(results, traces):
    assert "Families" not in page.render(results, traces)


def test_text_of_instructor_and_user_is_escaped_everywhere(hostile, traces):
    traces[0]["cases"][0]["output"] = HOSTILE
    html = page.render(hostile, traces)
    found = outline(html)
    assert found.tags.count("script") == 4
    assert "alert('x')" not in found.texts["script"][3]
    assert "<script>alert('x')</script> & co" in found.texts["th"]
    assert not [name for name in found.attributes if name.startswith("on") or name == "style"]
    assert json.loads(found.texts["script"][0])[0]["cases"][0]["output"] == HOSTILE
    assert "<!--" not in html


def test_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else(results, traces):
    html = page.render(results, traces)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)[1]

    def digest(text):
        return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()

    style, script = (
        re.search(r"<style>(.*?)</style>", html, re.DOTALL),
        re.findall(r"<script>(.*?)</script>", html, re.S),
    )
    assert policy == (
        f"default-src 'none'; script-src '{digest(script[0])}'; style-src '{digest(style[1])}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert len(script) == 1


def test_page_names_no_address(results, traces, provenance):
    assert not re.search(
        r"https?:|src=|@import|url\(|<link", page.render(replace(results, provenance=provenance), traces)
    )


def test_page_says_how_the_last_model_is_handed_on(in_families, traces):
    texts = outline(page.render(in_families, traces)).texts
    assert "To hand iter2 on: python -m tools.export iter2 OUT writes the whole model and what it was trained on." in [
        plain(text) for text in texts["p"]
    ]


def test_page_without_graded_problems_training_error_types_and_times_says_so(results):
    base, last = results.models
    nothing = {"test/sums": base.evaluation["ood/unseen"]}
    uncompared = {"test/sums": last.comparisons["ood/unseen"]}
    empty = Results(
        [replace(base, evaluation=nothing), replace(last, evaluation=nothing, comparisons=uncompared)],
        [replace(results.iterations[0], error_types=types(), loss=[])],
    )
    html = page.render(empty, [])
    outline(html)
    for said in ("No held-out problem could be graded.", "Nothing was trained.", "No bad cases.", "Not recorded"):
        assert said in html


def test_headline_is_of_the_test_set_that_was_graded(results, traces):
    def first(of):
        return {"test/a": of["ood/unseen"], **of}

    models = [
        replace(one, evaluation=first(one.evaluation), comparisons=one.comparisons and first(one.comparisons))
        for one in results.models
    ]
    texts = outline(page.render(replace(results, models=models), traces)).texts
    assert plain(texts["h1"][0]).startswith("iter1 solves 37.5 % of the held-out problems")
    assert {"+25.0 points", "Yes, better"} <= {plain(text) for text in texts["strong"]}


def test_page_shows_the_losses_on_problems_held_out_where_some_were(results, traces):
    assert "held out" not in page.render(results, traces).partition('id="training"')[2].partition("<section")[0]
    one = replace(results.iterations[0], validation=[(0, 2.25), (4, 1.5)])
    html = page.render(replace(results, iterations=[one]), traces)
    assert "dots: on problems held out" in html
    assert "2.250, 1.500" in html


def test_training_shows_what_the_pass_over_pairs_did_where_there_was_one(preferring, results):
    rows = outline(sections.training(preferring)).texts["tr"]
    assert rows[-2:] == ["iter1240.654+0.000, +0.1230.0%, 87.5%0.693, 0.612", "iter20----"]
    assert "dpo" not in sections.training(results)


def test_page_has_every_section_and_its_menu_leads_to_sections(results, traces):
    html = page.render(results, traces)
    assert re.findall(r'<section id="(\w+)"', html) == [*(section.id for section in SECTIONS), "cases"]
    links = re.findall(r'<a href="#(\w+)">', html[html.index("<nav") : html.index("</nav>")])
    assert links == [*(section.id for section in SECTIONS if section.link), "cases"]


def test_kinds_of_first_mistake_stand_under_their_headings(results, traces):
    rows = outline(page.render(results, traces)).texts["tr"]
    head = rows.index("modelagainstproblemsfirst mistakebeforeafterfixedbroken")
    assert rows[head + 1] == "iter1basetest/sumsarithmetic slip4021222"


def test_sources_of_the_page_are_dependencies_of_its_stage():
    sources = {p for kind in ("*.css", "*.js", "*.html") for p in (ROOT / "stages" / "reporting").glob(kind)}
    assert len(sources) == 7
    deps = {ROOT / dep for dep in yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]["report"]["deps"]}
    assert all(deps & {source, *source.parents} for source in sources)


@pytest.mark.parametrize("source", ["browser.js", "formulas.js", "solutions.js", "page.css", "chart.css"])
def test_source_cannot_end_its_element(source):
    assert "</" not in (ROOT / "stages" / "reporting" / source).read_text()


def test_page_shows_mean_and_majority_of_several_tries_and_the_pass_rates_of_training_problems(sampled, traces):
    texts = outline(page.render(sampled, traces)).texts
    assert "in the mean of 4 tries at each" in texts["h1"][0]
    captions = texts["caption"]
    assert "Several tries at each problem; the charts show the mean" in captions
    assert "Tries at training problems" in captions
    cells = [plain(text) for text in texts["td"]]
    assert {"41.2 %", "31.0 % to 52.0 %", "28.7 %"} <= set(cells)


def test_page_of_single_tries_shows_neither(results, traces):
    texts = outline(page.render(results, traces)).texts
    assert not [text for text in texts["caption"] if "tries" in text.lower()]
    assert not [text for text in texts["th"] if "mean" in text or "majority" in text]
