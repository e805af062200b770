"""Self-instruct, with small instructors written for the tests."""

import pytest

from stages.instructor.interface import Draft
from stages.pipeline.exceptions import ParamsError
from stages.synthesis.novelty import NoveltyIndex, NoveltyParams
from stages.synthesis.self_instruct import SynthesisParams, synthesize


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


@pytest.fixture
def cases(make_case):
    return {"t1": [make_case(f"a{i}") for i in range(5)], "t2": [make_case(f"b{i}") for i in range(2)]}


@pytest.fixture
def types(make_type):
    return [make_type("t1", 5), make_type("t2", 2)]


def known(**texts):
    index = NoveltyIndex(NoveltyParams(0.7, "words"))
    index.add(texts)
    return index


def params(**changes):
    return SynthesisParams(**{"candidates": 9, "demonstrations": 3, "problems_per_request": 2, "attempts": 4} | changes)


def counts(made):
    return {name: sum(c.error_type_id == name for c in made.accepted) for name in ("t1", "t2")}


# 9 candidates, one each, 7 spare as 5:2.
QUOTAS = {"t1": 6, "t2": 3}


def test_each_type_gets_its_quota_and_nothing_is_short(types, cases):
    made = synthesize(Writer(), types, cases, known(), params(), 0)
    assert counts(made) == QUOTAS
    assert made.shortfall == {}
    assert made.rejected == []


def test_demonstrations_are_cases_of_the_requests_own_type_and_no_more_than_asked(types, cases):
    writer = Writer()
    synthesize(writer, types, cases, known(), params(), 0)
    assert [request.count for request in writer.requests] == [2, 2, 2, 2, 1]
    for request in writer.requests:
        ids = [case.id for case in request.demonstrations]
        assert set(ids) <= {case.id for case in cases[request.error_type_id]}
        assert len(ids) == len(set(ids)) == (3 if request.error_type_id == "t1" else 2)
        assert request.error_type_name == f"type {request.error_type_id}"


def test_requests_go_round_all_cases_of_a_type(types, cases):
    writer = Writer()
    synthesize(writer, types, cases, known(), params(), 0)
    shown = {case.id for request in writer.requests for case in request.demonstrations}
    assert shown == {"a0", "a1", "a2", "a3", "a4", "b0", "b1"}


def test_candidate_names_type_request_and_demonstrations(types, cases):
    writer = Writer()
    made = synthesize(writer, types, cases, known(), params(), 0)
    by_id = {request.id: request for request in writer.requests}
    assert len(by_id) == len(writer.requests)
    for candidate in made.accepted:
        request = by_id[candidate.request_id]
        assert candidate.error_type_id == request.error_type_id
        assert candidate.demonstration_ids == [case.id for case in request.demonstrations]


def test_same_seed_asks_the_same_and_another_seed_something_else(types, cases):
    def asked(seed):
        writer = Writer()
        synthesize(writer, types, cases, known(), params(), seed)
        return writer.requests

    assert asked(1) == asked(1)
    assert {r.id for r in asked(1)}.isdisjoint({r.id for r in asked(2)})


def test_instructor_that_only_fails_ends_with_a_shortfall_after_bounded_attempts(types, cases):
    writer = Writer(lambda _: None)
    made = synthesize(writer, types, cases, known(), params(), 0)
    assert made.accepted == []
    assert made.shortfall == QUOTAS
    assert writer.written == 9 * 4
    assert {r.reason for r in made.rejected} == {"no equation found"}
    assert len({r.id for r in made.rejected}) == len(made.rejected) == 36
    assert len({r.id for r in writer.requests}) == len(writer.requests)


def test_instructor_that_answers_with_nothing_ends_with_a_shortfall(types, cases):
    class Silent(Writer):
        def synthesize(self, requests):
            self.requests += requests
            return [[] for _ in requests]

    writer = Silent()
    made = synthesize(writer, types, cases, known(), params(), 0)
    assert made.shortfall == QUOTAS
    assert sum(request.count for request in writer.requests) == 36


def test_what_failed_is_asked_again_until_the_quota_is_full(types, cases):
    writer = Writer(lambda n: None if n % 3 == 0 else f"new{n} question{n} about{n}")
    made = synthesize(writer, types, cases, known(), params(), 0)
    assert counts(made) == QUOTAS
    assert made.shortfall == {}
    assert len(made.rejected) == writer.written - 9


def test_near_copy_of_a_known_problem_is_rejected_with_reason_id_and_similarity(types, cases):
    # The draft shares 4 of its 5 words with the known question of 5 words: 2 * 4 / 10.
    writer = Writer(lambda n: "one two three four six" if n == 0 else f"new{n} question{n} about{n}")
    made = synthesize(writer, types, cases, known(p7="one two three four five"), params(), 0)
    (rejected,) = made.rejected
    assert (rejected.reason, rejected.copies, rejected.similarity) == ("near copy", "p7", 0.8)
    assert rejected.question == "one two three four six"
    assert rejected.request_id == writer.requests[0].id
    assert rejected.demonstration_ids == [case.id for case in writer.requests[0].demonstrations]
    assert counts(made) == QUOTAS


def test_near_copy_of_an_accepted_candidate_is_rejected_with_its_id(types, cases):
    made = synthesize(Writer(lambda _: "always the same question"), types, cases, known(), params(attempts=2), 0)
    (only,) = made.accepted
    assert {r.copies for r in made.rejected} == {only.id}
    assert made.shortfall == {"t1": 5, "t2": 3}


def test_drafts_beyond_the_quota_are_not_accepted(types, cases):
    made = synthesize(Writer(more=3), types, cases, known(), params(), 0)
    assert counts(made) == QUOTAS


def test_more_types_than_candidates_leave_the_smallest_with_nothing(types, cases):
    writer = Writer()
    made = synthesize(writer, types, cases, known(), params(candidates=1), 0)
    assert counts(made) == {"t1": 1, "t2": 0}
    assert made.shortfall == {}


def test_no_types_ask_for_nothing():
    writer = Writer()
    made = synthesize(writer, [], {}, known(), params(), 0)
    assert (made.accepted, made.rejected, made.shortfall, writer.requests) == ([], [], {}, [])


@pytest.mark.parametrize("name", ["candidates", "demonstrations", "problems_per_request", "attempts"])
@pytest.mark.parametrize("value", [0, -1])
def test_amount_below_1_is_refused_before_anything_is_asked(types, cases, name, value):
    writer = Writer()
    # Unchecked, `problems_per_request: 0` would make requests for nothing without end.
    with pytest.raises(ParamsError, match=rf"synthesize_data\.amount\.{name} must be at least 1, not {value}"):
        synthesize(writer, types, cases, known(), params(**{name: value}), 0)
    assert writer.requests == []
