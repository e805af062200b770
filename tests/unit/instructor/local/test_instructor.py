"""A stage with a local teacher: a stand-in for vLLM's server, in real processes, under the real supervisor."""

import json
import logging
import signal

import pytest

from stages.core.exceptions import ParamsError, SourceError
from stages.core.runtime import ESTIMATE_ONLY
from stages.instructor.local.instructor import open_instructor
from tests.unit.instructor.local.conftest import SETTINGS, kept, lives, teacher, write_params
from tests.waiting import wait_for

PHRASE = "adds instead of multiplying"
STAGE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where the tests ignore it, in a background job
from stages.core.records import Case
from stages.core.verdict import Verdict
from stages.instructor.local.instructor import open_instructor
from tests.unit.instructor.local.conftest import teacher
with open_instructor(teacher(sys.argv[1])) as instructor:
    for i in range(int(sys.argv[2])):
        question = f"Q {i}?"
        case = Case(f"c{i}", "r", "p", question, "1+1=2", "2", "3", False, "3", Verdict.WRONG, "s", "", None, 1, 0.0)
        instructor.keyphrases([case])
print("done", flush=True)
"""


@pytest.fixture
def events(vllm_stand_in, workspace):
    """Return what tells the events of the server; the current folder is a workspace."""
    assert workspace.is_dir()
    return vllm_stand_in


def pids(events):
    return [pid for event in events("serving") for pid in (event["pid"], event["core"])]


def test_server_starts_once_for_a_stage_and_ends_with_the_block(events, tiny_base, make_case, caplog):
    caplog.set_level(logging.INFO)
    with open_instructor(teacher(tiny_base)) as instructor:
        assert events("serving") == []
        for name in ("c1", "c2"):
            found = instructor.keyphrases([make_case(name, question=f"{name}?")])
            assert [keyphrase.keyphrase for keyphrase in found] == [PHRASE]
        assert all(map(lives, pids(events)))
        assert instructor.usage().dollars == 0.0
        assert instructor.usage().requests == 2
    (served,) = events("serving")
    assert not any(map(lives, pids(events)))
    assert served["options"]["model"] == str(tiny_base.resolve())
    assert served["options"]["host"] == "127.0.0.1"
    assert served["options"]["enforce_eager"]
    assert served["options"]["kv_cache_memory_bytes"] == "1000000000"
    assert served["environment"]["OMP_NUM_THREADS"] == "1"
    assert "starting the teacher, vllm 0.33.0: 0 s" in caplog.messages


def test_requests_hold_the_schema_and_neither_seed_nor_the_users_key(events, tiny_base, make_case, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    with open_instructor(teacher(tiny_base)) as instructor:
        instructor.keyphrases([make_case("c1")])
    (asked,) = events("asked")
    assert asked["body"]["response_format"]["json_schema"]["name"] == "keyphrase"
    assert {name: asked["body"][name] for name in ("model", "max_tokens", "temperature")} == {
        "model": "teacher", "max_tokens": 20, "temperature": 0.5,
    }  # fmt: skip
    assert "seed" not in asked["body"]
    assert "sk-planted" not in json.dumps([asked, *events("serving")])


def test_second_stage_starts_no_server_and_another_model_does(events, tiny_base, make_case):
    for _ in range(2):
        with open_instructor(teacher(tiny_base)) as instructor:
            assert [found.keyphrase for found in instructor.keyphrases([make_case("c1")])] == [PHRASE]
            assert instructor.usage().requests == 1
    assert len(events("serving")) == len(events("asked")) == 1
    with open_instructor(teacher(tiny_base, temperature=0.6)) as instructor:
        instructor.keyphrases([make_case("c1")])
    assert len(events("serving")) == len(events("asked")) == 2


def test_killed_stage_leaves_no_process_and_the_next_asks_for_the_rest(events, tiny_base, start, monkeypatch):
    monkeypatch.setenv("VLLM_STAND_IN_DELAY", "0.2")
    stage = start(STAGE, tiny_base, 10)
    wait_for(lambda: len(events("asked")) >= 4)
    stage.kill()
    wait_for(lambda: not any(map(lives, pids(events))))
    before = kept()
    assert 3 <= len(before) < 10
    second = start(STAGE, tiny_base, 10)
    assert second.communicate(timeout=60)[0] == "done\n"
    assert len(kept()) == len(set(kept())) == 10
    assert kept()[: len(before)] == before
    assert len({event["options"]["port"] for event in events("serving")}) == 2
    assert not any(map(lives, pids(events)))


def test_interrupted_stage_leaves_no_process(events, tiny_base, start, monkeypatch):
    monkeypatch.setenv("VLLM_STAND_IN_DELAY", "100")
    stage = start(STAGE, tiny_base, 1)
    wait_for(lambda: events("asked"))
    stage.send_signal(signal.SIGINT)
    stage.wait(60)
    assert not any(map(lives, pids(events)))


def test_two_stages_hold_a_model_in_turn_and_the_second_finds_the_replies(events, tiny_base, start, monkeypatch):
    monkeypatch.setenv("VLLM_STAND_IN_DELAY", "0.2")
    stages = [start(STAGE, tiny_base, 4) for _ in range(2)]
    assert [stage.communicate(timeout=60)[0] for stage in stages] == ["done\n"] * 2
    assert len(kept()) == len(set(kept())) == 4
    assert len(events("serving")) == 1


FAULTS = {
    "a traceback": (
        "Traceback (most recent call last):\n  File x\nValueError: No memory for 4096 tokens\n\nThe above ...\n"
        "RuntimeError: Engine core initialization failed. See root cause above.",
        r"ended with status 1: ValueError: No memory for 4096 tokens \(.*\.log\)$",
    ),
    "a killed child": (
        "RuntimeError: Engine core initialization failed. Failed core proc(s): {'EngineCore': -9}",
        r"ended with status 1: it was killed, .* lower runtime\.vllm\.memory_gb",
    ),
    "a line": ("no such option", r"ended with status 1: no such option \(.*\.log\)$"),
}


@pytest.mark.parametrize(("text", "message"), FAULTS.values(), ids=FAULTS)
def test_server_that_does_not_start_is_one_line(events, tiny_base, make_case, monkeypatch, text, message):
    monkeypatch.setenv("VLLM_STAND_IN_FAULT", text)
    with (
        pytest.raises(SourceError, match=rf"^the teacher's server, vllm 0\.33\.0, {message}"),
        open_instructor(teacher(tiny_base)) as instructor,
    ):
        instructor.keyphrases([make_case("c1")])
    assert events("serving") == []


def test_refusal_names_the_params_of_the_local_teacher(events, tiny_base, make_case, monkeypatch):
    monkeypatch.setenv("VLLM_STAND_IN_REFUSAL", "this grammar is not supported")
    with (
        pytest.raises(SourceError, match=r"grammar is not supported; set instructor\.local\.structured: text"),
        open_instructor(teacher(tiny_base)) as instructor,
    ):
        instructor.keyphrases([make_case("c1")])
    assert len(events("asked")) == 1


def test_server_that_dies_while_it_is_asked_ends_the_stage_with_its_last_words(
    events, tiny_base, make_case, monkeypatch
):
    monkeypatch.setenv("VLLM_STAND_IN_LIFE", "1")
    write_params(limits=SETTINGS["limits"] | {"attempts": 2, "backoff_seconds": 0.01})
    cases = [make_case("c1"), make_case("c2", question="Another?")]
    with (
        pytest.raises(SourceError, match=r"^the teacher's server, .*, ended with status 1: ValueError: it had enough"),
        open_instructor(teacher(tiny_base)) as instructor,
    ):
        instructor.keyphrases(cases)
    assert len(events("serving")) == 1
    assert len(kept()) == 1


def test_estimate_starts_nothing(events, tiny_base, make_case, monkeypatch, caplog):
    caplog.set_level(logging.INFO)
    monkeypatch.setenv(ESTIMATE_ONLY, "1")
    with pytest.raises(SystemExit), open_instructor(teacher(tiny_base)) as instructor:
        instructor.keyphrases([make_case("c1")])
    assert "about 1 requests, 0 cached" in caplog.text
    assert events("serving") == []


def test_budget_without_a_price_is_no_obstacle(events, tiny_base, make_case):
    write_params(budget_usd=0.0)
    with open_instructor(teacher(tiny_base)) as instructor:
        instructor.keyphrases([make_case("c1")])
    assert len(events("asked")) == 1


def test_batches_are_refused_in_one_line(events, tiny_base):
    write_params(mode="batch")
    with pytest.raises(ParamsError, match=r"mode is `batch`, .* needs `online`$"), open_instructor(teacher(tiny_base)):
        pass
    assert events("serving") == []
