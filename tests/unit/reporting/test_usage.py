"""The account by iteration and stage."""

from dataclasses import asdict, replace

from stages.core.metrics import Usage
from stages.reporting import usage

KEYPHRASES, SYNTHESIS = Usage(40, 20_000, 1500, 0.06), Usage(9, 8000, 12_000, 1.5)
TOTAL = {"requests": 49, "input_tokens": 28_000, "output_tokens": 13_500, "dollars": 1.56}


def test_account_is_by_iteration_and_stage_with_a_total(paid, results):
    account = usage.account([*paid.iterations, replace(results.iterations[0], name="iter2")])
    assert account.stages == {"iter1": {"generate_keyphrases": KEYPHRASES, "synthesize_data": SYNTHESIS}}
    assert usage.document(account) == {
        "iter1": {"generate_keyphrases": asdict(KEYPHRASES), "synthesize_data": asdict(SYNTHESIS)},
        "total": TOTAL,
    }


def test_stage_that_forms_types_may_be_paid_too(results):
    (one,) = results.iterations
    account = usage.account([replace(one, error_types=replace(one.error_types, usage=SYNTHESIS))])
    assert account.stages == {"iter1": {"cluster_keyphrases": SYNTHESIS}}


def test_stage_that_solves_candidates_may_be_paid_too(solved):
    account = usage.account(solved.iterations)
    assert account.stages == {"iter1": {"solve_candidates": Usage(20, 4000, 3000, 0.25)}}


def test_instructor_that_costs_nothing_has_an_empty_account(results):
    account = usage.account(results.iterations)
    assert usage.document(account) == {"total": {"requests": 0, "input_tokens": 0, "output_tokens": 0, "dollars": 0.0}}
    assert usage.rows(account) == []


def test_one_part_without_a_price_leaves_the_total_without_dollars(paid):
    (one,) = paid.iterations
    unpriced = replace(one, synthesis=replace(one.synthesis, usage=replace(SYNTHESIS, dollars=None)))
    assert usage.account([unpriced]).total.dollars is None
