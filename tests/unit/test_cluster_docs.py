"""The files that docs/clusters.md shows whole: shell that parses, YAML with the keys of the systems that read it."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

TEXT = (Path(__file__).parents[2] / "docs" / "clusters.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)
SCRIPTS = [body for language, body in BLOCKS if language == "bash"]
SKY, WORKFLOW = (yaml.safe_load(body) for language, body in BLOCKS if language == "yaml")


def check_shell(script):
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_batch_scripts_are_shell_and_stop_at_the_first_error():
    assert len(SCRIPTS) == 2
    for script in SCRIPTS:
        check_shell(script)
        assert script.startswith("#!/bin/bash\n#SBATCH ")
        assert "set -euo pipefail" in script


def test_sky_file_has_the_keys_of_a_task():
    assert SKY.keys() == {"name", "resources", "envs", "secrets", "file_mounts", "setup", "run"}
    assert SKY["resources"].keys() == {"accelerators", "cpus", "disk_size", "use_spot", "autostop"}
    check_shell(SKY["setup"])
    check_shell(SKY["run"])


@pytest.mark.parametrize("job", ["launch", "run"])
def test_workflow_has_jobs_whose_steps_use_an_action_or_run_shell(job):
    for step in WORKFLOW["jobs"][job]["steps"]:
        assert ("uses" in step) != ("run" in step)
        check_shell(step.get("run", ""))
