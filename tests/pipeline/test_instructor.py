"""The instructor's params as DVC sees them, and an estimate of a real stage."""

import json
import secrets

import pytest

from tests.chat_server import ChatServer, completion

OPENAI = {
    "model": "teacher", "base_url": "http://127.0.0.1:9/v1", "temperature": 0.5, "max_tokens": 100,
    "max_tokens_field": "auto", "send_seed": True, "structured": "text",
}  # fmt: skip


def ask(project, url=OPENAI["base_url"], **values):
    """Let the project ask a server."""
    project.set({"instructor.provider": "openai", "instructor.openai": OPENAI | {"base_url": url}, **values})


def changed(project):
    """Return the stages, without their iteration, that DVC would run because of changed params."""
    status = json.loads(project.run("dvc", "status", "--json").stdout)
    stages = {name.partition("@")[0] for name, why in status.items() if "params.yaml" in json.dumps(why)}
    return stages - {"check_params", "report"}


USERS = {"generate_keyphrases", "cluster_keyphrases", "synthesize_data", "solve_candidates"}
CHANGES = {
    "provider": ({"instructor.provider": "openai"}, USERS),
    "provider of a job": ({"instructor.providers.problems": "openai"}, USERS),
    "part of another provider": ({"instructor.openai.model": "other"}, USERS),
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


def test_provider_of_a_set_is_set_on_the_command_line_and_asked(copy):
    (copy.path / ".env").write_text("OPENAI_API_KEY=none\n")
    reply = completion(json.dumps({"first_mistake": "It adds.", "step": 1, "keyphrase": "slips"}))
    with ChatServer(lambda _: reply) as server:
        ask(copy, server.url, **{"instructor.provider": "symbolic"})
        providers = "+instructor.providers.keyphrases={procedural: openai}"
        copy.run("dvc", "exp", "run", "-S", providers, "-s", "generate_keyphrases@iter1")
        assert server.requests
    assert '"slips"' in (copy.path / "data" / "iter1" / "keyphrases.jsonl").read_text()


def test_edit_of_a_provider_that_no_job_has_reruns_the_users_and_nothing_after_them(copy):
    copy.set({"instructor.openai.model": "other", "instructor.providers": {"solutions": "symbolic"}})
    ran = {name.partition("@")[0] for name in copy.repro()}
    assert ran == USERS | {"check_params"}


def test_another_model_reruns_them_once_the_provider_is_used(copy):
    ask(copy)
    copy.run("dvc", "commit", "-f", "generate_keyphrases@iter1")
    assert "generate_keyphrases@iter1" not in copy.run("dvc", "status", "generate_keyphrases@iter1").stdout
    copy.set({"instructor.openai.model": "better"})
    assert "instructor.openai" in copy.run("dvc", "status", "generate_keyphrases@iter1").stdout


def test_estimate_of_a_stage_makes_no_call_and_leaves_its_outputs_alone(copy):
    before = (copy.path / "data" / "iter1" / "keyphrases.jsonl").read_bytes()
    with ChatServer(lambda _: completion("x")) as server:
        ask(copy, server.url)
        done = copy.run("python", "-m", "tools.estimate", "generate_keyphrases@iter1")
        assert server.keys == []
    assert "instructor teacher: about " in done.stderr
    assert "0 cached" in done.stderr
    assert (copy.path / "data" / "iter1" / "keyphrases.jsonl").read_bytes() == before


def test_estimate_of_a_stage_without_its_iteration_is_that_of_all_iterations(copy):
    with ChatServer(lambda _: completion("x")) as server:
        ask(copy, server.url)
        done = copy.run("python", "-m", "tools.estimate", "generate_keyphrases")
        assert server.keys == []
    assert done.stderr.count("instructor teacher: about ") == 2


def test_estimate_of_a_stage_that_is_not_there_is_one_line(copy):
    done = copy.run("python", "-m", "tools.estimate", "generate_keyphrase@iter1", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: estimate: generate_keyphrase@iter1: ")
    assert done.stderr.count("\n") == 1


def test_replies_are_paid_once_over_repro_force_and_temp(copy):
    # .env is not in git: the copy that --temp makes of the workspace has none.
    key = f"sk-{secrets.token_hex(8)}"
    (copy.path / ".env").write_text(f"OPENAI_API_KEY={key}\n")
    stage = ["-s", "generate_keyphrases@iter1"]
    reply = completion(json.dumps({"first_mistake": "It adds.", "step": 1, "keyphrase": "slips"}), tokens=(100, 10))
    with ChatServer(lambda _: reply) as server:
        prices = {"teacher": {"input": 1.0, "output": 10.0}}
        ask(copy, server.url, **{"instructor.prices": prices})
        assert copy.repro(*stage) == ["generate_keyphrases@iter1"]
        metrics = copy.path / "metrics" / "iter1" / "generate_keyphrases.json"
        first, calls = metrics.read_bytes(), len(server.requests)
        assert calls >= 1
        # 100 * 1 + 10 * 10 millionths of a dollar for each.
        expected = {"requests": calls, "input_tokens": 100 * calls, "output_tokens": 10 * calls}
        assert json.loads(first)["usage"] == expected | {"dollars": pytest.approx(0.0002 * calls)}
        assert copy.repro("-f", *stage) == ["generate_keyphrases@iter1"]
        assert metrics.read_bytes() == first
        copy.commit("openai")
        copy.run("dvc", "exp", "run", "--temp", "-f", *stage)
        assert len(server.requests) == calls
        assert set(server.keys) == {f"Bearer {key}"}
    written = [path for path in copy.path.rglob("*") if path.is_file() and path.name != ".env"]
    assert written
    assert [path for path in written if key.encode() in path.read_bytes()] == []
