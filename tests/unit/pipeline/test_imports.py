"""The check of dvc.yaml's deps against imports, on a small project."""

import pytest

from stages.pipeline import imports

FILES = {
    "stages/__init__.py": "",
    "stages/one.py": "import json\nfrom stages.domain import first\n\n\ndef f():\n    import stages.domain.late\n",
    "stages/domain/__init__.py": "",
    "stages/domain/first.py": "from stages.domain.second import name\nfrom stages.domain import first\n",
    "stages/domain/second.py": "name = 1\n",
    "stages/domain/late.py": "",
    "stages/domain/unused.py": "",
}
NEEDED = ["stages/one.py", "stages/domain/first.py", "stages/domain/late.py", "stages/domain/second.py"]


@pytest.fixture
def project(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def write_dvc(project, deps):
    listed = "".join(f"      - {dep}\n" for dep in deps)
    text = f"stages:\n  one:\n    foreach: [1]\n    do:\n      cmd: python -m stages.one --out x\n      deps:\n{listed}"
    (project / "dvc.yaml").write_text(text)
    return project / "dvc.yaml"


def test_modules_of_follows_imports_of_imports_and_those_inside_functions(project):
    assert imports.modules_of(project / "stages/one.py", project) == set(NEEDED)


def test_complete_deps_give_no_difference(project):
    assert imports.differences(write_dvc(project, [*NEEDED, "data/x.jsonl"]), project) == []


def test_forgotten_and_idle_deps_are_each_named(project):
    deps = [*NEEDED[:-1], "stages/domain/unused.py"]
    assert imports.differences(write_dvc(project, deps), project) == [
        "one: missing stages/domain/second.py",
        "one: not imported stages/domain/unused.py",
    ]
