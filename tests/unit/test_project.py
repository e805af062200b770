"""The project's own rules, checked on its files."""

import ast
import dataclasses
import functools
import importlib
import re
from pathlib import Path

import pytest
import yaml

from stages import check_params
from stages.core.params import fields_of, parse
from tools.deps import differences, imported, modules_of

ROOT = Path(__file__).parents[2]
PIPELINE = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text())


def body(stage):
    return PIPELINE[stage].get("do", PIPELINE[stage])


def param(name):
    return functools.reduce(lambda section, key: section[key], name.split("."), PARAMS)


def declared_values(stage):
    """Return what DVC hands to a stage: the declared keys alone, nested as in params.yaml."""
    values = {}
    for entry in body(stage)["params"]:
        name = re.sub(r"\$\{(.+?)\}", lambda found: str(param(found[1])), entry)
        *parents, last = name.split(".")
        section = functools.reduce(lambda section, key: section.setdefault(key, {}), parents, values)
        section[last] = param(name)
    return values


def module_of(stage):
    return importlib.import_module(body(stage)["cmd"].split()[2])


def test_deps_of_each_stage_are_its_script_and_the_folders_that_its_imports_touch():
    assert len(PIPELINE) >= 14
    assert differences(ROOT / "dvc.yaml", ROOT) == []


LAYERS = (
    "reporting", "evaluation", "training", "selection", "synthesis", "errors", "instructor", "model", "llm", "problems",
    "grading", "arithmetic", "answers", "core",
)  # fmt: skip


def test_imports_run_down_the_layers_only():
    folders = {path.name for path in (ROOT / "stages").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == {*LAYERS, "prompts"}
    rising = [
        f"{module.relative_to(ROOT)} imports {name}"
        for rank, layer in enumerate(LAYERS)
        for module in sorted((ROOT / "stages" / layer).rglob("*.py"))
        for name in sorted(imported(module, ROOT))
        if name.count("/") > 1 and LAYERS.index(name.split("/")[1]) < rank
    ]
    assert rising == []


@pytest.mark.parametrize("stage", PIPELINE)
def test_stage_declares_exactly_the_params_that_it_reads(stage):
    module = module_of(stage)
    declared = {entry.split(".")[0] for entry in body(stage).get("params", [])}
    read = {field.name for field in dataclasses.fields(module.Params)} if hasattr(module, "Params") else set()
    assert declared == read


@pytest.mark.parametrize("stage", PIPELINE)
def test_committed_params_fit_the_stage_that_reads_them(stage):
    module = module_of(stage)
    if hasattr(module, "Params"):
        names = [field.name for field in dataclasses.fields(module.Params)]
        values = declared_values(stage)
        assert parse(module.Params, {name: values[name] for name in names})


def test_every_prompt_file_is_a_dep_of_a_stage():
    prompts = {path.relative_to(ROOT).as_posix() for path in (ROOT / "stages" / "prompts").glob("*.txt")}
    assert len(prompts) >= 7
    assert prompts <= {dep for stage in PIPELINE for dep in body(stage)["deps"]}


def test_params_are_sound_and_each_section_has_a_reader():
    assert parse(check_params.Sections, PARAMS).seed == PARAMS["seed"]
    declared = {entry.split(".")[0] for stage in PIPELINE for entry in body(stage).get("params", [])}
    assert set(fields_of(check_params.Sections)) == declared | {"iterations", "runtime"}


def test_all_outputs_but_those_of_the_report_are_cached():
    assert len(PIPELINE) >= 14
    uncached = {stage for stage in PIPELINE if any(isinstance(out, dict) for out in body(stage)["outs"])}
    assert uncached == {"report"}


def test_paths_on_the_command_line_are_deps_and_outs():
    for stage in PIPELINE:
        entry = body(stage)
        written = [*entry["outs"], *entry.get("metrics", [])]
        outs = [next(iter(out)) if isinstance(out, dict) else out for out in written]
        paths = re.findall(r"(?<= )(?:data|models|metrics|reports|params\.yaml)(?:/[\w.${}]+)*", entry["cmd"])
        assert paths
        unknown = [path for path in paths if path not in entry["deps"] and path not in outs]
        assert unknown == [], stage


def test_stages_never_import_stages():
    scripts = sorted((ROOT / "stages").glob("*.py"))
    names = {f"stages.{script.stem}" for script in scripts if script.stem != "__init__"}
    assert len(names) >= 12
    for script in scripts:
        for other in modules_of(script, ROOT) - {script.relative_to(ROOT).as_posix()}:
            assert other.removesuffix(".py").replace("/", ".") not in names


def test_packages_hold_nothing_but_a_docstring():
    packages = sorted((ROOT / "stages").rglob("__init__.py"))
    assert len(packages) >= 11
    for package in packages:
        tree = ast.parse(package.read_text())
        assert len(tree.body) == 1, package
        assert ast.get_docstring(tree), package


def test_ci_calls_the_test_command_of_the_readme():
    readme = (ROOT / "README.md").read_text()
    command = re.search(r"## Test it\n\n```bash\n(.+?)\n```", readme)
    assert command
    assert command[1] in (ROOT / ".ci" / "run").read_text().splitlines()
