"""Trials on the real engine, with their journal."""

import pytest

from stages.selection.one_shot import trials
from stages.selection.trying import likelihoods
from stages.target.generation import GenerationParams
from stages.target.transformers_engine import TransformersEngine


@pytest.fixture(scope="module")
def engine(tiny_target):
    return TransformersEngine(tiny_target, "float32", GenerationParams(4), "cpu")


class Fragile:
    """Passes on to a real engine, records batches, and breaks down after `until` of them."""

    def __init__(self, engine, until=None):
        self.batches = []
        self.lengths = engine.lengths
        self._engine = engine
        self._until = until

    def log_likelihoods(self, pairs):
        if len(self.batches) == self._until:
            raise ConnectionError("the machine went away")
        self.batches.append(list(pairs))
        return self._engine.log_likelihoods(pairs)


@pytest.fixture
def cases(make_case):
    return [make_case("b1", "How many?", "3 + 4 = 7\n#### 7"), make_case("g1", "And now?", "#### 12")]


@pytest.fixture
def run(chat, cases, make_candidate):
    prompts = trials([make_candidate("x"), make_candidate("y", "Longer question, is it?", "#### 1")], cases, chat)

    def with_engine(engine, fingerprint="f"):
        return likelihoods(engine, prompts, cases, chat, fingerprint=fingerprint, batch_tokens=200)

    with_engine.prompts = prompts
    return with_engine


def test_each_trial_is_the_likelihood_of_its_own_cases_gold_solution(run, engine, chat, cases):
    found = run(engine)
    assert list(found) == list(run.prompts)
    assert len(found) == 6
    gold = {"b1": cases[0].solution, "g1": cases[1].solution}
    for key, prompt in run.prompts.items():
        (alone,) = engine.log_likelihoods([(prompt, chat.completion(gold[key.split("/")[1]]))])
        assert found[key] == pytest.approx(alone, abs=1e-5)


def test_interrupted_trials_go_on_and_end_with_the_same_values(run, engine, tmp_path, monkeypatch):
    monkeypatch.setenv("SEI_CACHE", str(tmp_path / "other"))
    whole = Fragile(engine)
    uninterrupted = run(whole)
    assert len(whole.batches) > 2
    monkeypatch.setenv("SEI_CACHE", str(tmp_path / "one"))
    with pytest.raises(ConnectionError, match="the machine went away"):
        run(Fragile(engine, until=2))
    second = Fragile(engine)
    assert run(second) == uninterrupted
    assert second.batches == whole.batches[2:]


def test_another_fingerprint_tries_everything_again(run, engine):
    run(engine)
    again = Fragile(engine)
    run(again, fingerprint="another model")
    assert sum(map(len, again.batches)) == 6
