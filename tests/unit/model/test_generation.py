"""Batches and the journal of generations."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.files import content_id
from stages.model.generation import Draw, Generation, Sampling, generate_all, make_batches
from stages.model.workers import InProcess

SIZES = st.dictionaries(st.text("abcdef", min_size=1, max_size=4), st.integers(1, 60), max_size=30)


@given(sizes=SIZES, bound=st.integers(1, 200))
def test_every_key_is_in_one_batch_and_each_batch_within_the_bound(sizes, bound):
    batches = make_batches(sizes, bound)
    assert sorted(key for batch in batches for key in batch) == sorted(sizes)
    for batch in batches:
        assert len(batch) == 1 or max(sizes[key] for key in batch) * len(batch) <= bound


@given(sizes=SIZES, bound=st.integers(1, 200), seed=st.randoms())
def test_batches_do_not_depend_on_the_order_of_the_keys(sizes, bound, seed):
    items = list(sizes.items())
    seed.shuffle(items)
    assert make_batches(dict(items), bound) == make_batches(sizes, bound)


def test_longest_come_first_and_ties_by_key():
    # 10: 10 x 2 = 20 fits, a third does not; 4: 4 x 3 = 12 fits.
    sizes = {"c": 4, "e": 10, "a": 4, "d": 10, "b": 4}
    assert make_batches(sizes, 20) == [["d", "e"], ["a", "b", "c"]]


def test_key_above_the_bound_is_a_batch_of_its_own():
    assert make_batches({"big": 50, "a": 5, "b": 5}, 10) == [["big"], ["a", "b"]]


def test_no_keys_give_no_batches():
    assert make_batches({}, 10) == []


class RecordingEngine:
    """Writes a text that tells prompt and batch, records each batch, and breaks down after `until` of them."""

    context = None
    has_likelihoods = True

    def __init__(self, until=None):
        self.batches, self.draws = [], []
        self._until = until

    def encode(self, texts):
        return [[0] * len(text) for text in texts]

    def sample(self, prompts, draw):
        self.draws.append(draw)
        return [replace(one, text=f"{one.text} by {draw.seed}") for one in self.generate(prompts)]

    def generate(self, prompts):
        if len(self.batches) == self._until:
            raise ConnectionError("the machine went away")
        self.batches.append(list(prompts))
        return [Generation(f"{prompt} of {'+'.join(prompts)}", len(prompt), "end") for prompt in prompts]


PROMPTS = {"k1": "a", "k2": "bbbb", "k3": "cc", "k4": "dddd", "k5": "ee"}
# Sizes are length + 2 = 3, 6, 4, 6, 4; at most 12 tokens in a batch.
BATCHES = [["bbbb", "dddd"], ["cc", "ee", "a"]]


def run(engine, prompts=PROMPTS, fingerprint="f", temperature=None):
    return generate_all(
        InProcess(engine),
        prompts,
        fingerprint=fingerprint,
        max_new_tokens=2,
        batch_tokens=12,
        title="t",
        temperature=temperature,
    )


def test_results_come_by_key_in_the_order_of_the_prompts():
    engine = RecordingEngine()
    made = run(engine)
    assert list(made) == ["k1", "k2", "k3", "k4", "k5"]
    assert made["k4"] == Generation("dddd of bbbb+dddd", 4, "end")
    assert engine.batches == BATCHES


def test_interrupted_run_goes_on_with_the_same_batches_and_the_same_results(tmp_path, monkeypatch):
    monkeypatch.setenv("SEI_CACHE", str(tmp_path / "other"))
    uninterrupted = run(RecordingEngine())
    monkeypatch.setenv("SEI_CACHE", str(tmp_path / "one"))
    broken = RecordingEngine(until=1)
    with pytest.raises(ConnectionError, match="the machine went away"):
        run(broken)
    assert broken.batches == BATCHES[:1]
    second = RecordingEngine()
    assert run(second) == uninterrupted
    assert second.batches == BATCHES[1:]


def test_batch_of_which_a_part_is_missing_is_generated_whole(scratch_folder):
    expected = run(RecordingEngine())
    (journal,) = (scratch_folder / "journal").iterdir()
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-1]))
    engine = RecordingEngine()
    assert run(engine) == expected
    assert engine.batches == BATCHES[1:]


def test_finished_run_generates_nothing_again():
    first = run(RecordingEngine())
    assert run(RecordingEngine(until=0)) == first


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"fingerprint": "another model"}, id="fingerprint"),
        pytest.param({"temperature": 0.7}, id="a-temperature"),
        pytest.param({"prompts": PROMPTS | {"k1": "A"}}, id="a-prompt"),
        pytest.param({"prompts": {"k0": "z", **PROMPTS}}, id="one-more-prompt"),
    ],
)
def test_other_inputs_do_not_take_results_from_the_journal(change):
    run(RecordingEngine())
    engine = RecordingEngine()
    run(engine, **change)
    assert sum(map(len, engine.batches)) == len(change.get("prompts", PROMPTS))


def test_no_prompts_give_no_results():
    assert run(RecordingEngine(), {}) == {}


def test_journal_of_greedy_texts_is_named_by_the_fingerprint_the_batch_size_and_the_prompts(scratch_folder):
    run(RecordingEngine())
    (journal,) = (scratch_folder / "journal").iterdir()
    assert journal.stem == content_id("f", "12", "k1:a", "k2:bbbb", "k3:cc", "k4:dddd", "k5:ee")


def test_each_batch_is_sampled_with_a_seed_of_its_keys():
    engine = RecordingEngine()
    made = run(engine, temperature=0.7)
    seeds = [int(content_id("k2", "k4"), 16), int(content_id("k3", "k5", "k1"), 16)]
    assert engine.draws == [Draw(0.7, seed) for seed in seeds]
    assert made["k4"].text == f"dddd of bbbb+dddd by {seeds[0]}"


def test_interrupted_sampling_goes_on_with_the_same_draws(tmp_path, monkeypatch):
    monkeypatch.setenv("SEI_CACHE", str(tmp_path / "other"))
    uninterrupted = run(RecordingEngine(), temperature=0.7)
    monkeypatch.setenv("SEI_CACHE", str(tmp_path / "one"))
    with pytest.raises(ConnectionError, match="the machine went away"):
        run(RecordingEngine(until=1), temperature=0.7)
    second = RecordingEngine()
    assert run(second, temperature=0.7) == uninterrupted
    assert second.batches == BATCHES[1:]


def test_key_of_a_single_try_is_that_of_the_problem_and_several_have_their_number():
    assert Sampling(1, 0.7).keys("p") == ["p"]
    assert Sampling(3, 0.7).keys("p") == ["p/0", "p/1", "p/2"]
    assert (Sampling(1, 0.7).drawn_at, Sampling(2, 0.7).drawn_at) == (None, 0.7)
