"""Self-instruct, with small instructors written for the tests."""

import pytest

from stages.instructor.interface import Draft, Example
from stages.pipeline.exceptions import ParamsError
from stages.synthesis.novelty import NoveltyIndex, NoveltyParams
from stages.synthesis.self_instruct import SynthesisParams, Topic, synthesize


class Writer:
    """Writes a new question each time, or what `write` says for the n-th draft; records the requests."""

    def __init__(self, write=None, more=0):
        self.requests = []
        self.written = 0
        self._write = write or (lambda n: f"new{n} question{n} about{n}")
        self._more = more

    def keyphrases(self, cases):
        raise NotImplementedError

    def synthesize(self, requests):
        self.requests += requests
        return [[self._draft(request) for _ in range(request.count + self._more)] for request in requests]

    def _draft(self, request):
        text = self._write(self.written)
        self.written += 1
        shown = tuple(case.id for case in request.demonstrations)
        if text is None:
            return Draft("", "", "", shown, "no equation found")
        return Draft(text, f"{self.written} = {self.written}", str(self.written), shown, None)


QUOTAS = {"t1": 6, "t2": 3}


def examples(letter, count):
    return [Example(f"{letter}{i}", "How much is 1 + 1?", "1 + 1 = 2\n#### 2", "2") for i in range(count)]


def topics(**quotas):
    shown = {"t1": examples("a", 5), "t2": examples("b", 2)}
    return [Topic(key, f"type {key}", f"about {key}", shown[key], n) for key, n in (QUOTAS | quotas).items()]


def run(writer, index=None, asked=None, seed=0, **changes):
    asked = topics() if asked is None else asked
    return synthesize(writer, asked, index or known(), params(**changes), strategy="sei", seed=seed)


def known(**texts):
    index = NoveltyIndex(NoveltyParams(0.7, "words"))
    index.add(texts)
    return index


def params(**changes):
    return SynthesisParams(**{"candidates": 9, "demonstrations": 3, "problems_per_request": 2, "attempts": 4} | changes)


def counts(made):
    return {name: sum(c.error_type_id == name for c in made.accepted) for name in ("t1", "t2")}


def test_each_type_gets_its_quota_and_nothing_is_short():
    made = run(Writer())
    assert counts(made) == QUOTAS
    assert made.shortfall == {}
    assert made.rejected == []


def test_demonstrations_are_cases_of_the_requests_own_type_and_no_more_than_asked():
    writer = Writer()
    run(writer)
    assert [request.count for request in writer.requests] == [2, 2, 2, 2, 1]
    for request in writer.requests:
        ids = [case.id for case in request.demonstrations]
        assert set(ids) <= {f"{'a' if request.error_type_id == 't1' else 'b'}{i}" for i in range(5)}
        assert len(ids) == len(set(ids)) == (3 if request.error_type_id == "t1" else 2)
        assert request.error_type_name == f"type {request.error_type_id}"
        assert request.error_type_explanation == f"about {request.error_type_id}"


def test_requests_go_round_all_cases_of_a_type():
    writer = Writer()
    run(writer)
    shown = {case.id for request in writer.requests for case in request.demonstrations}
    assert shown == {"a0", "a1", "a2", "a3", "a4", "b0", "b1"}


def test_candidate_names_type_request_and_demonstrations():
    writer = Writer()
    made = run(writer)
    by_id = {request.id: request for request in writer.requests}
    assert len(by_id) == len(writer.requests)
    for candidate in made.accepted:
        request = by_id[candidate.request_id]
        assert candidate.error_type_id == request.error_type_id
        assert candidate.demonstration_ids == [case.id for case in request.demonstrations]


def test_same_seed_asks_the_same_and_another_seed_something_else():
    def asked(seed):
        writer = Writer()
        run(writer, seed=seed)
        return writer.requests

    assert asked(1) == asked(1)
    assert {r.id for r in asked(1)}.isdisjoint({r.id for r in asked(2)})


def test_instructor_that_only_fails_ends_with_a_shortfall_after_bounded_attempts():
    writer = Writer(lambda _: None)
    made = run(writer)
    assert made.accepted == []
    assert made.shortfall == QUOTAS
    assert writer.written == 9 * 4
    assert {r.reason for r in made.rejected} == {"no equation found"}
    assert len({r.id for r in made.rejected}) == len(made.rejected) == 36
    assert len({r.id for r in writer.requests}) == len(writer.requests)


def test_instructor_that_answers_with_nothing_ends_with_a_shortfall():
    class Silent(Writer):
        def synthesize(self, requests):
            self.requests += requests
            return [[] for _ in requests]

    writer = Silent()
    made = run(writer)
    assert made.shortfall == QUOTAS
    assert sum(request.count for request in writer.requests) == 36


def test_what_failed_is_asked_again_until_the_quota_is_full():
    writer = Writer(lambda n: None if n % 3 == 0 else f"new{n} question{n} about{n}")
    made = run(writer)
    assert counts(made) == QUOTAS
    assert made.shortfall == {}
    assert len(made.rejected) == writer.written - 9


def test_near_copy_of_a_known_problem_is_rejected_with_reason_id_and_similarity():
    # The draft shares 4 of its 5 words with the known question of 5 words: 2 * 4 / 10.
    writer = Writer(lambda n: "one two three four six" if n == 0 else f"new{n} question{n} about{n}")
    made = run(writer, known(p7="one two three four five"))
    (rejected,) = made.rejected
    assert (rejected.reason, rejected.copies, rejected.similarity) == ("near copy", "p7", 0.8)
    assert rejected.question == "one two three four six"
    assert rejected.request_id == writer.requests[0].id
    assert rejected.demonstration_ids == [case.id for case in writer.requests[0].demonstrations]
    assert counts(made) == QUOTAS


def test_near_copy_of_an_accepted_candidate_is_rejected_with_its_id():
    made = run(Writer(lambda _: "always the same question"), attempts=2)
    (only,) = made.accepted
    assert {r.copies for r in made.rejected} == {only.id}
    assert made.shortfall == {"t1": 5, "t2": 3}


def test_drafts_beyond_the_quota_are_not_accepted():
    made = run(Writer(more=3))
    assert counts(made) == QUOTAS


def test_topic_that_wants_nothing_gets_nothing():
    writer = Writer()
    made = run(writer, asked=topics(t1=1, t2=0))
    assert counts(made) == {"t1": 1, "t2": 0}
    assert made.shortfall == {}


def test_topic_without_examples_is_reported_as_short():
    writer = Writer()
    made = run(writer, asked=[Topic("t1", "", "", [], 3)])
    assert (made.accepted, made.shortfall, writer.requests) == ([], {"t1": 3}, [])


def test_no_types_ask_for_nothing():
    writer = Writer()
    made = run(writer, asked=[])
    assert (made.accepted, made.rejected, made.shortfall, writer.requests) == ([], [], {}, [])


@pytest.mark.parametrize("name", ["candidates", "demonstrations", "problems_per_request", "attempts"])
@pytest.mark.parametrize("value", [0, -1])
def test_amount_below_1_is_refused_before_anything_is_asked(name, value):
    writer = Writer()
    # Unchecked, `problems_per_request: 0` would make requests for nothing without end.
    with pytest.raises(ParamsError, match=rf"synthesize_data\.amount\.{name} must be at least 1, not {value}"):
        run(writer, **{name: value})
    assert writer.requests == []
