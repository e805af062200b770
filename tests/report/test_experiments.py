"""The page of several experiments in headless Chromium: it fits a desk and a phone, and asks for nothing."""

import pytest

from tests.report.chromium import PROGRAM
from tests.unit.tools import finished_runs as runs
from tests.unit.tools.test_experiments import BASE, made
from tools import experiments_page
from tools.experiments_data import TypeRow

pytestmark = [pytest.mark.slow, pytest.mark.skipif(PROGRAM is None, reason="needs Chromium")]

NAMES = [
    "workspace",
    "untargeted-with-twice-the-candidates-and-another-seed",
    "abcdef0123456789" * 3,
    "sei",
    "more-rows",
]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Five experiments with long names, params and error types, and with a fault each."""
    found = []
    for index, name in enumerate(NAMES):
        rows = runs.predictions("iter1", range(index, 12)), runs.predictions("iter1", (), problem_set="ood/unseen")
        one = made(
            name, base=[*BASE, *runs.predictions("base", (), problem_set="ood/unseen")], iter1=[*rows[0], *rows[1]]
        )
        one.params["synthesize_data.a_rather_long_section.with_a_long_name"] = f"{index} " + "long " * 40
        one.types.append(
            TypeRow("iter1", "takes one quantity twice and leaves another out in the addition", index, 0.1)
        )
        one.faults.append("params.yaml is not what its numbers were measured with: " + ", ".join(one.params))
        found.append(one)
    path = tmp_path_factory.mktemp("page") / "experiments.html"
    path.write_text(experiments_page.render(found))
    return path


@pytest.mark.parametrize("width", [1280, 390])
def test_wide_tables_scroll_within_themselves_and_the_page_does_not(chromium, page, width):
    chromium.size(width, 900)
    chromium.open(page)
    assert chromium.run("document.documentElement.scrollWidth <= innerWidth && innerWidth") == width
    wide = "[...document.querySelectorAll('.wide')].filter((box) => box.scrollWidth > box.clientWidth)"
    assert chromium.run(f"{wide}.length") >= (1 if width == 1280 else 4)
    # The names of the rows stay in sight.
    moved = f"(() => {{ const box = {wide}[0]; box.scrollLeft = 200; const name = box.querySelector('tbody th');"
    assert (
        chromium.run(moved + "return name.getBoundingClientRect().left - box.getBoundingClientRect().left; })()") == 0
    )
    assert chromium.complaints() == []
    assert chromium.requests() == [page.as_uri()]
