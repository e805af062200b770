"""docs/tutorial.md: its problems and settings make a run, and its commands are those of the project."""

import ast
import re
import shlex
import subprocess
import sys
from dataclasses import fields
from importlib.util import find_spec

import pytest
import yaml

from stages import prepare_problems
from stages.core.files import read_records
from stages.core.params import PARAMS, parse
from stages.core.records import Problem
from stages.core.verdict import Verdict
from stages.grading.grade import grade
from tests.unit.conftest import ROOT
from tools import recipe

BLOCKS = re.findall(r"```(\w+)\n(.*?)```", (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8"), re.DOTALL)
[SETTINGS] = [body for language, body in BLOCKS if language == "yaml"]
COMMANDS = [shlex.split(line) for language, body in BLOCKS if language == "bash" for line in body.splitlines()]


@pytest.fixture
def problems(tmp_path, monkeypatch):
    """The problems of the tutorial's table, prepared with its settings laid over the project's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "raw").mkdir(parents=True)
    command = [sys.executable, ROOT / "docs" / "tutorial" / "write_problems.py"]
    table = subprocess.run(command, capture_output=True, check=True).stdout
    (tmp_path / "data" / "raw" / "mine.csv").write_bytes(table)
    PARAMS.write_text((ROOT / PARAMS).read_text())
    recipe.FOLDER.mkdir()
    (recipe.FOLDER / "local.yaml").write_text(SETTINGS)
    recipe.apply(["local"])
    values = yaml.safe_load(PARAMS.read_text())
    declared = {field.name: values[field.name] for field in fields(prepare_problems.Params)}
    paths = prepare_problems.Paths(
        tmp_path / "data" / "raw", tmp_path / "train", tmp_path / "held", tmp_path / "counts"
    )
    counts = prepare_problems.main(paths, parse(prepare_problems.Params, declared))
    assert counts == {"train/mine": 140, "test/mine": 60, "faulty golds": 0}
    return read_records(paths.train, Problem)


def test_problems_are_solved_by_their_worked_solutions(problems):
    for problem in problems:
        assert grade(problem.answer, problem.solution).verdict is Verdict.CORRECT
        for expression, result in re.findall(r"([\d+*/ -]+) = \$?(\d+)", problem.solution):
            left, operator, right = expression.split()
            computed = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__, "/": int.__floordiv__}[operator]
            assert computed(int(left), int(right)) == int(result)


def test_every_command_is_one_that_there_is():
    modules = [words[words.index("-m") + 1] for words in COMMANDS if "-m" in words]
    assert [name for name in modules if name.startswith("tools.")] == ["tools.recipe", "tools.export"]
    assert all(find_spec(name) for name in modules)
    assert [words for words in COMMANDS if words[0] == "dvc"] == [["dvc", "repro", "check_target"], ["dvc", "repro"]]


def test_python_of_the_tutorial_parses():
    [code] = [body for language, body in BLOCKS if language == "python"]
    ast.parse(code)
