"""The backend that needs nothing."""

import subprocess
import sys

from tests.unit.conftest import ROOT


def test_trl_needs_nothing_and_imports_nothing_heavy():
    code = "import sys; from stages.training.backends import trl; trl.prepare(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
