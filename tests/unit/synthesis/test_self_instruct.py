"""Self-instruct, with small instructors written for the tests."""

from collections import Counter
from dataclasses import replace

import pytest

from stages.instructor.interface import Attempt, Draft, Example
from stages.synthesis.novelty import NoveltyIndex, NoveltyParams
from stages.synthesis.self_instruct import AmountParams, Topic, synthesize, topics_by_set
from stages.synthesis.verification import VerificationParams


class Writer:
    """Writes a new question each time, or what `write` says for the n-th draft; records the requests."""

    solves = False

    def __init__(self, write=None, more=0):
        self.requests = []
        self.written = 0
        self._write = write or (lambda n: f"new{n} question{n} about{n}")
        self._more = more

    def synthesize(self, requests):
        self.requests += requests
        return [[self._draft(request) for _ in range(request.count + self._more)] for request in requests]

    def _draft(self, request):
        text = self._write(self.written)
        self.written += 1
        shown = tuple(case.id for case in request.demonstrations)
        if text is None:
            return Draft("", "", "", shown, "no equation found", "none")
        return Draft(text, *self.solution(self.written), shown, None, "none")

    def solution(self, number):
        return f"{number} + 1 = {number + 1}\n#### {number + 1}", str(number + 1)


QUOTAS = {"t1": 6, "t2": 3}


def examples(letter, count):
    return [Example(f"{letter}{i}", "How much is 1 + 1?", "1 + 1 = 2\n#### 2", "2", "sums") for i in range(count)]


def topics(**quotas):
    shown = {"t1": examples("a", 5), "t2": examples("b", 2)}
    return [Topic(key, "sums", f"type {key}", f"about {key}", shown[key], n) for key, n in (QUOTAS | quotas).items()]


def run(writer, index=None, asked=None, seed=0, verification=None, **changes):
    asked = topics() if asked is None else asked
    amount, verification = replace(DEFAULTS, **changes), verification or VerificationParams(3, 2)
    return synthesize(writer, asked, index or known(), amount, verification, strategy="sei", seed=seed)


def known(**texts):
    index = NoveltyIndex(NoveltyParams(0.7, "words", 8))
    index.add(texts, "train")
    return index


DEFAULTS = AmountParams(9, 0.0, 3, 2, 2, 1, 4)


def counts(made):
    return {name: sum(c.error_type_id == name for c in made.accepted) for name in ("t1", "t2")}


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


def test_topics_of_one_type_share_its_problems_by_set_and_write_in_its_style():
    shown = [*examples("a", 3), *(replace(one, set="products") for one in examples("b", 1))]
    writer = Writer()
    made = run(writer, asked=topics_by_set("t1", "type t1", "about t1", shown, 8))
    assert all(len({one.set for one in request.demonstrations}) == 1 for request in writer.requests)
    assert Counter(one.set for one in made.accepted) == {"sums": 6, "products": 2}
    assert {one.error_type_id for one in made.accepted} == {"t1"}


def test_shortfalls_of_topics_of_one_type_are_added_up():
    shown = [*examples("a", 1), *(replace(one, set="products") for one in examples("b", 1))]
    made = run(Writer(lambda _: None), asked=topics_by_set("t1", "", "", shown, 4))
    assert made.shortfall == {"t1": 4}


def test_type_without_examples_has_one_topic_with_a_shortfall():
    made = run(Writer(), asked=topics_by_set("t1", "", "", [], 3))
    assert made.shortfall == {"t1": 3}


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
    writer = Writer(lambda n: "red green blue black pink" if n == 0 else f"new{n} question{n} about{n}")
    made = run(writer, known(p7="red green blue black white"))
    (rejected,) = made.rejected
    assert (rejected.reason, rejected.copies, rejected.similarity) == ("near copy", "p7", 0.8)
    assert rejected.question == "red green blue black pink"
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
    made = run(writer, asked=[Topic("t1", "", "", "", [], 3)])
    assert (made.accepted, made.shortfall, writer.requests) == ([], {"t1": 3}, [])


def test_no_types_ask_for_nothing():
    writer = Writer()
    made = run(writer, asked=[])
    assert (made.accepted, made.rejected, made.shortfall, writer.requests) == ([], [], {}, [])


# Rounds


class Rounds(Writer):
    """Also records how many problems of which topic each round asks for."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.rounds = []

    def synthesize(self, requests):
        self.rounds.append([(request.error_type_id, request.count) for request in requests])
        return super().synthesize(requests)


def test_round_asks_for_all_topics_and_quotas_are_spread_over_the_rounds():
    writer = Rounds()
    made = run(writer, rounds=3)
    # t1 wants 6: three requests of two, one a round. t2 wants 3: two requests, one a round.
    assert writer.rounds == [[("t1", 2), ("t2", 2)], [("t1", 2), ("t2", 1)], [("t1", 2)]]
    assert [candidate.error_type_id for candidate in made.accepted] == ["t1"] * 6 + ["t2"] * 3


def test_requests_show_accepted_problems_of_their_own_topic_from_the_second_round_on():
    writer = Rounds()
    made = run(writer, rounds=3)
    own = {key: {one.id for one in made.accepted if one.error_type_id == key} for key in QUOTAS}
    shown = {key: [request.accepted for request in writer.requests if request.error_type_id == key] for key in QUOTAS}
    assert [len(accepted) for accepted in shown["t1"]] == [0, 2, 2]
    assert [len(accepted) for accepted in shown["t2"]] == [0, 2]
    for key, lists in shown.items():
        assert {one.id for accepted in lists for one in accepted} <= own[key]
    assert len({request.id for request in writer.requests}) == 5


def test_no_accepted_problem_is_shown_where_none_are_wanted():
    writer = Rounds()
    run(writer, rounds=3, accepted_shown=0)
    assert {request.accepted for request in writer.requests} == {()}


def test_copy_of_a_draft_accepted_earlier_in_the_same_round_is_rejected():
    writer = Writer(lambda n: "the same old question" if n in (0, 4) else f"new{n} question{n} about{n}")
    made = run(writer)
    (rejected,) = made.rejected
    assert (rejected.copies, rejected.copies_from) == (made.accepted[0].id, "accepted")


# Checks


class Careless(Writer):
    """Gets the first equation wrong and copies a known question with it."""

    def solution(self, number):
        return ("1 + 1 = 3\n#### 3", "3") if number == 1 else super().solution(number)


def test_all_reasons_are_recorded_and_the_first_one_counts():
    writer = Careless(lambda n: "red green blue black pink" if n == 0 else f"new{n} question{n} about{n}")
    (rejected,) = run(writer, known(p7="red green blue black white")).rejected
    assert rejected.reasons == ["an equation does not hold", "near copy"]
    assert (rejected.reason, rejected.copies) == ("an equation does not hold", "p7")


def test_candidate_names_the_checks_that_it_passed():
    made = run(Writer())
    names = ["question", "worked solution", "final answer", "equations", "quantities", "novelty"]
    assert all(candidate.checks == names and candidate.votes is None for candidate in made.accepted)


class Solver(Careless):
    """Solves as `votes` says for each question, by its number; records what it was asked."""

    solves = True

    def __init__(self, solve, **kwargs):
        super().__init__(**kwargs)
        self.asked = []
        self._solve = solve

    def solve(self, questions, samples, seed):
        self.asked.append((list(questions), samples, seed))
        return [self._solve(question) for question in questions]


def tries(*texts):
    return [Attempt(text, False, None) for text in texts]


FAILED = Attempt("", False, "time-out")


def right(question):
    """Return the answer that `Writer` gives to its question."""
    return f"#### {int(question.split()[0].removeprefix('new')) + 2}"


def test_candidates_are_verified_in_one_list_a_round_after_the_cheap_checks():
    writer = Solver(lambda question: tries(right(question), "#### 0", right(question)))
    made = run(writer, verification=VerificationParams(3, 2), seed=5)
    # The first of nine drafts fails at its equation and is asked for again.
    assert [(len(questions), samples, seed) for questions, samples, seed in writer.asked] == [(8, 3, 5), (1, 3, 5)]
    assert all(candidate.votes == {"given": 3, "agreeing": 2} for candidate in made.accepted)
    assert all(candidate.checks[-1] == "independent solutions" for candidate in made.accepted)
    assert made.shortfall == {}


@pytest.mark.parametrize(
    ("solved", "reason", "votes"),
    [
        pytest.param(tries("#### 0", "#### 0", "#### 3"), "independent solutions disagree", [3, 1], id="outvoted"),
        pytest.param(tries("#### 0", "I cannot say."), "too few independent solutions", [1, 0], id="no-answer"),
        pytest.param([*tries("#### 3"), FAILED, FAILED], "too few independent solutions", [1, 1], id="two-failed"),
        pytest.param([FAILED] * 3, "too few independent solutions", [0, 0], id="all-failed"),
    ],
)
def test_candidate_without_enough_agreeing_solutions_is_rejected_with_its_votes(solved, reason, votes):
    writer = Solver(lambda question: solved if question == "new1 q a" else tries(right(question)) * 3)
    writer._write = lambda n: "new1 q a" if n == 1 else f"new{n} question{n} about{n}"
    made = run(writer, asked=topics(t1=2, t2=0), verification=VerificationParams(3, 2))
    rejected = next(one for one in made.rejected if one.question == "new1 q a")
    assert (rejected.reason, rejected.votes) == (reason, {"given": votes[0], "agreeing": votes[1]})
    assert len(made.accepted) == 2


def test_no_samples_verify_nothing():
    writer = Solver(lambda _: [])
    made = run(writer, verification=VerificationParams(0, 0))
    assert (writer.asked, made.shortfall) == ([], {})


class Certain(Solver):
    """Computes the answers of every other draft."""

    def _draft(self, request):
        made = super()._draft(request)
        return made if self.written % 2 else replace(made, certificate="construction")


def test_drafts_with_a_certificate_are_not_voted_on():
    writer = Certain(lambda question: tries(right(question)) * 3)
    made = run(writer, asked=topics(t1=5, t2=0), verification=VerificationParams(3, 2))
    asked = {question for questions, _, _ in writer.asked for question in questions}
    voted = {one.question for one in made.accepted if one.votes}
    assert asked == voted
    by_certificate = {one.certificate: one.votes for one in made.accepted}
    assert by_certificate == {"votes": {"given": 3, "agreeing": 3}, "construction": None}


def test_candidate_that_nobody_verified_has_no_certificate():
    assert {one.certificate for one in run(Writer()).accepted} == {"none"}
