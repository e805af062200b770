"""What all stage scripts have in common; tests/unit/test_STAGE.py and tests/pipeline have the rest."""

import subprocess
import sys

import pytest

from tests.unit.conftest import ROOT

SCRIPTS = sorted(path.stem for path in (ROOT / "stages").glob("*.py") if path.stem != "__init__")


def test_every_stage_script_is_found():
    assert len(SCRIPTS) == 17
    assert {"prepare_problems", "train", "report"} <= set(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_stage_script_is_short(name):
    assert len((ROOT / "stages" / f"{name}.py").read_text().splitlines()) <= 120


@pytest.mark.parametrize("name", SCRIPTS)
def test_stage_script_imports_no_heavy_library_and_runs_nothing_at_import(name):
    heavy = "{'torch', 'transformers', 'datasets', 'trl', 'peft', 'sentence_transformers', 'sklearn', 'dvc', 'numpy'}"
    code = f"import sys; import stages.{name}; print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("\n", "")
