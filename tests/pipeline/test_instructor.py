"""The instructor's params as DVC sees them, and an estimate of a real stage."""

import json

import pytest

from tests.chat_server import ChatServer, completion

OPENAI = {
    "model": "teacher", "base_url": "http://127.0.0.1:9/v1", "temperature": 0.5, "max_tokens": 100,
    "max_tokens_field": "auto", "send_seed": True, "structured": "text",
}  # fmt: skip


def changed(project):
    """Return the stages, without their iteration, that DVC would run because of changed params."""
    status = json.loads(project.run("dvc", "status", "--json").stdout)
    stages = {name.partition("@")[0] for name, why in status.items() if "params.yaml" in json.dumps(why)}
    return stages - {"report"}


USERS = {"generate_keyphrases", "synthesize_data"}
CHANGES = {
    "provider": ({"instructor.provider": "openai"}, USERS),
    "part of another provider": ({"instructor.openai.model": "other"}, set()),
    "what changes no reply": (
        {
            "instructor.mode": "batch",
            "instructor.budget_usd": 3.0,
            "instructor.limits.concurrency": 2,
            "instructor.prices.other": {"input": 1.0, "output": 1.0},
        },
        set(),
    ),
}


@pytest.mark.parametrize(("values", "stages"), CHANGES.values(), ids=CHANGES.keys())
def test_change_reruns_exactly_the_stages_that_use_the_instructor(copy, values, stages):
    copy.set(values)
    assert changed(copy) == stages


def test_another_model_reruns_them_once_the_provider_is_used(copy):
    copy.set({"instructor.provider": "openai", "instructor.openai": OPENAI})
    copy.run("dvc", "commit", "-f", "generate_keyphrases@iter1")
    assert "generate_keyphrases@iter1" not in copy.run("dvc", "status", "generate_keyphrases@iter1").stdout
    copy.set({"instructor.openai.model": "better"})
    assert "instructor.openai" in copy.run("dvc", "status", "generate_keyphrases@iter1").stdout


def test_estimate_of_a_stage_makes_no_call_and_leaves_its_outputs_alone(copy):
    before = (copy.path / "data" / "iter1" / "keyphrases.jsonl").read_bytes()
    with ChatServer(lambda _: completion("x")) as server:
        copy.set({"instructor.provider": "openai", "instructor.openai": OPENAI | {"base_url": server.url}})
        done = copy.run("python", "-m", "stages.instructor.estimate", "generate_keyphrases@iter1")
        assert server.keys == []
    assert "instructor teacher: about " in done.stderr
    assert "0 cached" in done.stderr
    assert (copy.path / "data" / "iter1" / "keyphrases.jsonl").read_bytes() == before


def test_estimate_of_a_stage_that_is_not_there_is_one_line(copy):
    done = copy.run("python", "-m", "stages.instructor.estimate", "generate_keyphrase@iter1", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: generate_keyphrase@iter1: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"instructor.limits.retries": 3}, "unknown key `instructor.limits.retries`"),
        ({"instructor.mod": "batch"}, "unknown key `instructor.mod` (did you mean `mode`?)"),
        ({"instructor.provider": "openai", "instructor.openai.modl": "x"}, "unknown key `instructor.openai.modl`"),
    ],
)
def test_unknown_key_of_the_instructor_is_named(copy, values, message):
    copy.set(values)
    done = copy.run("dvc", "repro", "-s", "-f", "generate_keyphrases@iter1", check=False)
    assert done.returncode != 0
    assert message in done.stderr
