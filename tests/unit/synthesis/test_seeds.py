"""How many new problems come from one example, with an instructor that renumbers each demonstration once."""

from collections import Counter

from stages.instructor.interface import Draft, Example
from stages.synthesis.novelty import NoveltyIndex, NoveltyParams
from stages.synthesis.self_instruct import ENOUGH, AmountParams, Topic, synthesize
from stages.synthesis.verification import VerificationParams


class Renumberer:
    """Writes a problem of each demonstration in turn; those in `failing` fail."""

    solves = False

    def __init__(self, failing=(), fails=1000):
        self.failing = failing
        self.fails = fails
        self.tries = Counter()

    def synthesize(self, requests):
        return [
            [self.draft(one.demonstrations[i % len(one.demonstrations)]) for i in range(one.count)] for one in requests
        ]

    def draft(self, example):
        self.tries[example.id] += 1
        n = self.tries.total()
        if example.id in self.failing and self.tries[example.id] <= self.fails:
            return Draft("", "", "", (example.id,), "no valid numbers found", "none")
        return Draft(f"new{n} question{n} about{n}", "1 + 1 = 2\n#### 2", "2", (example.id,), None, "construction")


def accepted(instructor, wanted, seeds):
    examples = [Example(f"s{i}", "How much is 1 + 1?", "1 + 1 = 2\n#### 2", "2", "sums") for i in range(seeds)]
    made = synthesize(
        instructor,
        [Topic("t", "sums", "type", "about it", examples, wanted)],
        NoveltyIndex(NoveltyParams(0.7, "words", 8)),
        AmountParams(wanted, 0.0, 2, 0, 2, 4, 4),
        VerificationParams(0, 0),
        strategy="sei",
        seed=0,
    )
    return Counter(one.demonstration_ids[0] for one in made.accepted), made


def test_each_example_gives_as_many_problems_as_the_others():
    counts, _ = accepted(Renumberer(), 12, 6)
    assert sorted(counts.values()) == [2] * 6


def test_example_that_fails_at_first_catches_up_before_another_has_three():
    counts, _ = accepted(Renumberer({"s0", "s1"}, fails=3), 12, 6)
    assert sorted(counts.values()) == [2] * 6


def test_example_that_always_fails_holds_no_other_up():
    instructor = Renumberer({"s0"})
    counts, made = accepted(instructor, 12, 4)
    assert sorted(counts.values()) == [4, 4, 4]
    assert instructor.tries["s0"] >= 4
    assert made.shortfall == {}
    assert {one.reason for one in made.rejected} <= {"no valid numbers found", ENOUGH}
