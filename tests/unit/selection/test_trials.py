"""Trials on the real engine: against trials one by one, and interrupted."""

import math
import random
import re
import zlib

import pytest

from stages.core.verdict import Verdict
from stages.model.checkpoints import load_tokenizer
from stages.model.engines.shared_prefix import SharedPrefixEngine
from stages.model.generation import Generation, GenerationParams
from stages.model.workers import InProcess
from stages.selection import trials
from stages.selection.prompts import one_shot
from stages.selection.ranking import rank
from stages.selection.scores.interface import Outcome, untried
from stages.selection.settings import Keep, SelectionParams
from stages.selection.trial_cases import TrialCases
from stages.selection.trials import TrialSettings
from tests.unit.selection.outcomes import one_each


@pytest.fixture(scope="module")
def engine(tiny_target):
    return SharedPrefixEngine(tiny_target, "float32", GenerationParams(6, True), "cpu")


def run_trials(engine, candidates, trial_cases, settings):
    """Return the inputs of scores with the outcomes."""
    return trials.run_trials(
        InProcess(engine), untried(candidates, trial_cases, one_each(candidates), {}, random.Random(0)), settings
    )


def outcomes(found):
    return [outcome for own in found.outcomes.values() for outcome in own.values()]


class Watched:
    """Passes on to a real engine, records what is asked, and breaks down after `until` rounds."""

    def __init__(self, engine, until=None, context=None):
        self.rounds = []
        self.context = context or engine.context
        self._engine = engine
        self._until = until

    def __getattr__(self, name):
        return getattr(self._engine, name)

    def likelihoods(self, pairs, batch_tokens):
        self._begin([(prompt.suffix, completion) for prompt, completion in pairs])
        return self._engine.likelihoods(pairs, batch_tokens)

    def generations(self, prompts, batch_tokens):
        self._begin([prompt.suffix for prompt in prompts])
        return self._engine.generations(prompts, batch_tokens)

    def _begin(self, asked):
        if len(self.rounds) == self._until:
            raise ConnectionError("the machine went away")
        self.rounds.append(asked)


@pytest.fixture
def trial_cases(make_case):
    bad = [make_case("b1", "How many?", "3 + 4 = 7\n#### 7", "7"), make_case("b2", "Why?", "#### 1", "1")]
    return TrialCases(bad, [make_case("g1", "And now?", "#### 12", "12", Verdict.CORRECT)], {"b1": "t1", "b2": "t2"})


@pytest.fixture
def candidates(make_candidate):
    return [
        make_candidate("x"),
        make_candidate("y", "A longer question, is it?", "#### 1"),
        make_candidate("z", "?", "1"),
    ]


@pytest.fixture
def settings(chat):
    def make(score, keep=0.5, fingerprint="f", batch_tokens=100):
        params = SelectionParams(score, 2, 1, Keep("fraction", keep, "all"))
        return TrialSettings(params, chat, fingerprint, 6, batch_tokens)

    return make


@pytest.mark.parametrize("batch_tokens", [1, 200, 100_000])
@pytest.mark.parametrize("score", ["likelihood", "accuracy"])
def test_gains_are_those_of_whole_prompts_one_by_one(
    engine, chat, candidates, trial_cases, settings, score, batch_tokens
):
    # By accuracy too: all three are level, as a random model solves nothing, and one of them is kept.
    found = run_trials(engine, candidates, trial_cases, settings(score, keep=0.3, batch_tokens=batch_tokens))
    assert list(found.outcomes) == ["x", "y", "z"]
    for candidate in candidates:
        outcomes = found.outcomes[candidate.id]
        assert list(outcomes) == ["b1", "g1", "b2"]
        for case in trial_cases.cases():
            gold = chat.completion(case.solution)
            one, none = engine.log_likelihoods(
                [(one_shot(candidate, case, chat), gold), (chat.prompt(case.question), gold)]
            )
            assert outcomes[case.id].gain == pytest.approx(one - none, abs=1e-4)
            assert outcomes[case.id].solved is (None if score == "likelihood" else False)


def test_by_accuracy_gains_are_asked_for_only_where_they_decide(engine, candidates, trial_cases, settings):
    class Unscored(Watched):
        likelihoods = log_likelihoods = None  # not to be called: all are kept

    found = run_trials(Unscored(engine), candidates, trial_cases, settings("accuracy", keep=1.0))
    assert set(outcomes(found)) == {Outcome(False, None)}


@pytest.mark.parametrize("score", ["likelihood", "accuracy"])
def test_interrupted_trials_go_on_and_end_with_the_same_outcomes(
    engine, candidates, trial_cases, settings, score, tmp_path, monkeypatch
):
    monkeypatch.setenv("SEI_CACHE", str(tmp_path / "other"))
    whole = Watched(engine)
    uninterrupted = run_trials(whole, candidates, trial_cases, settings(score)).outcomes
    assert len(whole.rounds) > 2
    monkeypatch.setenv("SEI_CACHE", str(tmp_path / "one"))
    with pytest.raises(ConnectionError, match="the machine went away"):
        run_trials(Watched(engine, until=2), candidates, trial_cases, settings(score))
    second = Watched(engine)
    assert run_trials(second, candidates, trial_cases, settings(score)).outcomes == uninterrupted
    assert second.rounds == whole.rounds[2:]


@pytest.mark.parametrize(
    ("first", "again", "repeated"),
    [
        pytest.param({"score": "accuracy"}, {"score": "accuracy"}, False, id="same"),
        pytest.param({"score": "accuracy"}, {"score": "accuracy", "fingerprint": "g"}, True, id="another-model"),
        pytest.param({"score": "accuracy"}, {"score": "accuracy", "keep": 0.3}, False, id="same-are-level"),
        pytest.param({"score": "likelihood"}, {"score": "likelihood", "keep": 1.0}, False, id="another-number-kept"),
        pytest.param({"score": "likelihood"}, {"score": "accuracy"}, True, id="another-score"),
    ],
)
def test_finished_trials_are_taken_from_the_journal_where_they_would_be_the_same(
    engine, candidates, trial_cases, settings, first, again, repeated
):
    run_trials(engine, candidates, trial_cases, settings(**first))
    watched = Watched(engine)
    run_trials(watched, candidates, trial_cases, settings(**again))
    assert bool(watched.rounds) is repeated


def test_another_number_kept_repeats_no_generation(engine, candidates, trial_cases, settings):
    class Scoring(Watched):
        generations = None  # not to be called: all are in the journal

    run_trials(engine, candidates, trial_cases, settings("accuracy", keep=1.0))
    found = run_trials(Scoring(engine), candidates, trial_cases, settings("accuracy", keep=0.3))
    assert None not in {outcome.gain for outcome in outcomes(found)}


def test_trial_that_is_too_long_for_the_model_is_missing(engine, candidates, trial_cases, settings, make_candidate):
    candidates[1] = make_candidate("y", "A longer question, is it?" * 4, "#### 1")
    longest = {
        candidate.id: max(
            len(engine.encode([one_shot(candidate, case, settings("accuracy").chat)])[0])
            for case in trial_cases.cases()
        )
        for candidate in candidates
    }
    limit = longest["z"] + 40
    assert longest["y"] > limit
    found = run_trials(Watched(engine, context=limit), candidates, trial_cases, settings("accuracy"))
    assert set(found.outcomes["y"].values()) == {Outcome(None, None)}
    assert {outcome.solved for outcome in found.outcomes["z"].values()} == {False}
    ranked = rank(found, settings("accuracy", keep=1.0).params)
    assert {score.candidate_id: score.kept for score in ranked}["y"] is False


@pytest.mark.parametrize(("score", "what"), [("likelihood", "gain"), ("accuracy", "solved")])
def test_trial_without_finite_numbers_is_missing(engine, candidates, trial_cases, settings, score, what):
    class Broken(Watched):
        def likelihoods(self, pairs, batch_tokens):
            return [math.nan, *super().likelihoods(pairs, batch_tokens)[1:]]

        def generations(self, prompts, batch_tokens):
            return [None, *super().generations(prompts, batch_tokens)[1:]]

    found = run_trials(Broken(engine), candidates, trial_cases, settings(score, keep=1.0, batch_tokens=100_000))
    values = [getattr(outcome, what) for outcome in outcomes(found)]
    assert (values.count(None), len(values)) == (1, 9)


class SolvingByText(Watched):
    """Solves a case or not by the whole text that it is shown, the more often the higher the digit in the example."""

    def __init__(self, engine, tokenizer):
        super().__init__(engine)
        self._tokenizer = tokenizer
        self._shown = []

    def pasts(self, prefixes):
        made = self._engine.pasts(prefixes)
        self._shown += zip(made, prefixes, strict=True)
        return made

    def generations(self, prompts, _):
        self._begin([prompt.suffix for prompt in prompts])
        return [Generation(f"#### {2 if self._solves(prompt) else 3}", 4, "end") for prompt in prompts]

    def _solves(self, prompt):
        (prefix,) = [tokens for past, tokens in self._shown if past is prompt.past]
        return solves(self._tokenizer.decode(prefix + prompt.suffix))


def solves(text):
    return zlib.crc32(text.encode()) % 10 < int(re.search(r"Skill (\d)", text)[1])


@pytest.mark.parametrize("batch_tokens", [100, 400])
def test_by_accuracy_every_candidate_is_tried_on_every_case(
    engine, tiny_base, chat, make_candidate, make_case, settings, batch_tokens
):
    candidates = [make_candidate(f"c{i}", f"Skill {i}?") for i in reversed(range(10))]
    bad = [make_case(f"b{i}", f"{i} bad?") for i in range(4)]
    good = [make_case(f"g{i}", f"{i} good?") for i in range(4)]
    cases = TrialCases(bad, good, {case.id: "t1" for case in bad})
    watched = SolvingByText(engine, load_tokenizer(tiny_base))
    found = run_trials(watched, candidates, cases, settings("accuracy", keep=0.2, batch_tokens=batch_tokens))
    for candidate in candidates:
        assert {name: outcome.solved for name, outcome in found.outcomes[candidate.id].items()} == {
            case.id: solves(one_shot(candidate, case, chat)) for case in cases.cases()
        }
    assert {outcome.solved for outcome in outcomes(found)} == {True, False}
