"""The recipes, and laying them over params.yaml."""

import subprocess
import sys

import pytest
import yaml

from stages.core.exceptions import ParamsError
from stages.core.params import PARAMS
from tests.unit.conftest import ROOT
from tools import recipe

RECIPES = sorted(path.stem for path in (ROOT / "recipes").glob("*.yaml") if path.stem != "local")


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """Work in a folder with the project's params.yaml and an empty folder of recipes."""
    monkeypatch.chdir(tmp_path)
    PARAMS.write_text((ROOT / PARAMS).read_text())
    recipe.FOLDER.mkdir()


def write(name, text):
    (recipe.FOLDER / f"{name}.yaml").write_text(text)


def values():
    return yaml.safe_load(PARAMS.read_text())


@pytest.mark.parametrize("name", RECIPES)
def test_recipe_of_the_repository_fits_the_default_params(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    before = PARAMS.read_text()
    assert recipe.apply([name], write=False).startswith("--- params.yaml\n") or name == "default"
    assert PARAMS.read_text() == before


def test_there_are_recipes():
    assert RECIPES


@pytest.mark.parametrize("name", [name for name in RECIPES if name != "default"])
def test_default_takes_every_other_recipe_off_again(name):
    before = values()
    for one in (name, "default"):
        write(one, (ROOT / "recipes" / f"{one}.yaml").read_text())
    assert recipe.apply([name])
    recipe.apply(["default"])
    assert values() == before


def test_values_are_set_and_everything_else_stays_as_it_was_comments_too():
    before = PARAMS.read_text().splitlines()
    write("mine", "train: {epochs: 7, lora: {rank: 5}}\n")
    shown = recipe.apply(["mine"])
    after = PARAMS.read_text().splitlines()
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [(old.strip(), new.strip()) for old, new in changed] == [("epochs: 2", "epochs: 7"), ("rank: 16", "rank: 5")]
    assert "-  epochs: 2\n+  epochs: 7\n" in shown


def test_last_recipe_wins_and_applying_again_changes_nothing():
    write("one", "seed: 5\ntrain: {epochs: 7}\n")
    write("two", "seed: 6\n")
    recipe.apply(["one", "two"])
    assert (values()["seed"], values()["train"]["epochs"]) == (6, 7)
    assert recipe.apply(["one", "two"]) == ""


def test_sets_with_roles_take_the_place_of_all_and_paths_alone_are_added():
    write("sets", "prepare_problems: {sets: {gsm8k: {role: train, limit: 9}, svamp: {role: ood}}}\n")
    write("local", "prepare_problems: {sets: {gsm8k: {path: data/raw/gsm8k.jsonl}}}\n")
    recipe.apply(["sets", "local"])
    assert values()["prepare_problems"]["sets"] == {
        "gsm8k": {"role": "train", "limit": 9, "path": "data/raw/gsm8k.jsonl"},
        "svamp": {"role": "ood"},
    }


def test_iterations_and_providers_are_taken_whole():
    write("one", "iterations: {first: {parent: base}}\ninstructor: {providers: {solutions: local}}\n"
                 "solve_candidates: {samples: {instructor: 1}}\n")  # fmt: skip
    write("two", "instructor: {providers: {problems: openai, solutions: local}}\n")
    recipe.apply(["one"])
    assert values()["iterations"] == {"first": {"parent": "base"}}
    recipe.apply(["two"])
    assert values()["instructor"]["providers"] == {"problems": "openai", "solutions": "local"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("train: {epoch: 3}\n", "recipes mine: params.yaml: unknown key `train.epoch` (did you mean `epochs`?)"),
        ("trian: {epochs: 3}\n", "recipes mine: params.yaml: unknown key `trian` (did you mean `train`?)"),
        ("train: {epochs: many}\n", "recipes mine: params.yaml: `train.epochs` must be a number, not 'many'"),
        ("train: {epochs: 3\n", "recipes/mine.yaml: "),
        ("- train\n", "recipes/mine.yaml: must be a mapping of sections"),
        ("seed: 1\nseed: 2\n", "recipes/mine.yaml: not valid YAML: "),
        (
            "prepare_problems: {sets: {gsm8k: 5}}\n",
            "recipes mine: params.yaml: `prepare_problems.sets.gsm8k` must be a mapping, not 5",
        ),
    ],
)
def test_recipe_that_does_not_fit_is_refused_and_params_stay(text, message):
    write("mine", text)
    before = PARAMS.read_text()
    with pytest.raises(ParamsError) as caught:
        recipe.apply(["mine"])
    assert message in str(caught.value)
    assert PARAMS.read_text() == before


@pytest.mark.parametrize("text", ["seed: 1\nseed: 2\n", "train:\n\tepochs: 2\n", "", None])
def test_params_that_cannot_be_read_are_one_line(text):
    write("mine", "seed: 5\n")
    PARAMS.unlink() if text is None else PARAMS.write_text(text)
    with pytest.raises(ParamsError, match=r"^params\.yaml: [^\n]*$"):
        recipe.apply(["mine"])


def test_unknown_recipe_is_refused_with_those_that_there_are():
    write("gsm8k", "seed: 1\n")
    with pytest.raises(ParamsError, match=r"gsm8.yaml: no such recipe \(did you mean `gsm8k`\?\); there are: gsm8k"):
        recipe.apply(["gsm8"])


def test_command_shows_the_difference_and_writes_nothing_with_show():
    write("mine", "seed: 5\n")
    before = PARAMS.read_text()
    command = [sys.executable, "-m", "tools.recipe", "mine", "--show"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT)})
    assert "-seed: 0\n+seed: 5\n" in shown.stdout
    assert PARAMS.read_text() == before


def test_fault_of_a_recipe_is_one_line_with_the_name_of_the_command():
    command = [sys.executable, "-m", "tools.recipe", "gsm8"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT)})
    assert done.returncode == 1
    assert done.stderr.startswith("error: recipe: recipes/gsm8.yaml: no such recipe")
    assert done.stderr.count("\n") == 1
