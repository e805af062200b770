"""Existing problems as training rows."""

from dataclasses import replace

from stages.core.records import TrainingRow
from stages.instructor.interface import Example
from stages.synthesis import reuse
from stages.synthesis.novelty import NoveltyIndex, NoveltyParams
from stages.synthesis.outcome import Finding

WORDS = ["ant", "bee", "cat", "dog", "elk", "fox"]


def example(word):
    return Example(f"id-{word}", f"{word} {word}s {word}ling?", "1 + 1 = 2\n#### 2", "2", "sums")


def draw(words=WORDS, wanted=3, history=(), tests=(), seed=0, **write):
    index = NoveltyIndex(NoveltyParams(0.7, "words", 8))
    index.add({f"test-{word}": example(word).question for word in tests}, "test", held_out=True)
    rows = [
        TrainingRow(
            word, example(word).question, "", "2", None, None, None, None, "iter1", "sums", "gold", "gold", None, None
        )
        for word in history
    ]
    return reuse.draw([example(word) for word in words], wanted, rows, index, strategy="train_set", seed=seed, **write)


def ids(made):
    return [candidate.demonstration_ids[0] for candidate in made.accepted]


def test_draw_has_the_wanted_number_of_different_problems_as_they_are():
    made = draw()
    assert len(set(ids(made))) == 3
    assert (made.rejected, made.shortfall) == ([], {})
    for candidate in made.accepted:
        assert (candidate.solution, candidate.answer) == ("1 + 1 = 2\n#### 2", "2")
        assert (candidate.error_type_id, candidate.strategy, candidate.request_id) == ("train_set", "train_set", "")


def test_same_seed_draws_the_same_and_some_other_seed_something_else():
    assert draw(seed=1) == draw(seed=1)
    assert len({tuple(ids(draw(seed=seed))) for seed in range(5)}) > 1


def test_fewer_problems_than_wanted_are_all_taken_and_the_rest_is_short():
    made = draw(wanted=8)
    assert sorted(ids(made)) == [f"id-{word}" for word in WORDS]
    assert made.shortfall == {"train_set": 2}


def test_row_of_the_history_is_not_repeated_and_the_next_problem_takes_its_place():
    first = draw()
    past = [name.removeprefix("id-") for name in ids(first)]
    second = draw(history=past)
    assert set(ids(second)) == {f"id-{word}" for word in WORDS} - set(ids(first))
    assert {rejected.reason for rejected in draw(wanted=6, history=past).rejected} == {"repeats a training row"}


def test_near_copy_of_a_test_problem_is_rejected_and_named():
    made = draw(wanted=6, tests=["cat"])
    (rejected,) = made.rejected
    assert (rejected.reason, rejected.copies, rejected.similarity) == ("copies a test problem", "test-cat", 1.0)
    assert (rejected.copies_from, rejected.match) == ("test", "exact")
    assert rejected.demonstration_ids == ["id-cat"]
    assert made.shortfall == {"train_set": 1}


def test_drafts_are_written_of_as_many_as_are_missing_and_of_no_copy_or_repetition():
    asked = []

    def write(examples):
        asked.append([one.id for one in examples])
        bad = {"id-ant", "id-bee"}
        return [
            (
                replace(draft, solution="other"),
                Finding(("own check",), ("faulty",) if one.id in bad else (), None, None),
            )
            for one, (draft, _) in zip(examples, reuse.with_gold_solutions(examples), strict=True)
        ]

    made = draw(wanted=3, history=["cat"], tests=["dog"], write=write)
    assert sorted(ids(made)) == ["id-elk", "id-fox"]
    assert made.shortfall == {"train_set": 1}
    assert {one.solution for one in made.accepted} == {"other"}
    assert made.accepted[0].checks == ["repetition", "decontamination", "own check"]
    assert {one.demonstration_ids[0]: (one.reason, one.solution) for one in made.rejected} == {
        "id-ant": ("faulty", "other"),
        "id-bee": ("faulty", "other"),
        "id-cat": ("repeats a training row", "1 + 1 = 2\n#### 2"),
        "id-dog": ("copies a test problem", "1 + 1 = 2\n#### 2"),
    }
    assert sorted(name for names in asked for name in names) == ["id-ant", "id-bee", "id-elk", "id-fox"]
    assert max(map(len, asked)) <= 3
    assert len(asked) > 1
    asked.clear()
    made = draw(words=["elk", "fox"], wanted=1, write=write)
    assert (len(made.accepted), [len(names) for names in asked]) == (1, [1])
