"""The check of dvc.yaml's deps against imports, on a small project."""

import pytest

from tools import deps

FILES = {
    "stages/__init__.py": "",
    "stages/one.py": "import json\nfrom stages.domain import first\n\n\ndef f():\n    import stages.domain.late\n",
    "stages/domain/__init__.py": "",
    "stages/domain/first.py": "from stages.domain.second import name\nfrom stages.domain import first\n",
    "stages/domain/second.py": "name = 1\n",
    "stages/domain/late.py": "import stages.deep.down.bottom\n",
    "stages/deep/down/bottom.py": "",
    "stages/other/unused.py": "",
}
NEEDED = [
    "stages/one.py", "stages/domain/first.py", "stages/domain/late.py", "stages/domain/second.py",
    "stages/deep/down/bottom.py",
]  # fmt: skip


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
    assert deps.modules_of(project / "stages/one.py", project) == set(NEEDED)


def test_script_and_folders_that_it_touches_however_deep_give_no_difference(project):
    listed = ["stages/one.py", "stages/deep", "stages/domain", "stages/prompts/one.txt", "data/x.jsonl"]
    assert deps.differences(write_dvc(project, listed), project) == []


def test_forgotten_and_idle_folders_are_each_named(project):
    assert deps.differences(write_dvc(project, ["stages/one.py", "stages/domain", "stages/other"]), project) == [
        "one: missing stages/deep",
        "one: not imported stages/other",
    ]
