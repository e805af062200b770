"""The account by iteration and stage."""

from stages.core.files import write_json
from stages.reporting.usage import collect, rows

KEYPHRASES = {"requests": 2, "input_tokens": 20, "output_tokens": 10, "dollars": 0.5}
SYNTHESIS = {"requests": 1, "input_tokens": 5, "output_tokens": 100, "dollars": 0.25}
NOTHING = {"requests": 0, "input_tokens": 0, "output_tokens": 0, "dollars": 0.0}


def test_account_is_by_iteration_and_stage_with_a_total(tmp_path):
    write_json(tmp_path / "iter1" / "generate_keyphrases.json", {"keyphrases": 2, "usage": KEYPHRASES})
    write_json(tmp_path / "iter1" / "synthesize_data.json", {"accepted": 3, "usage": SYNTHESIS})
    write_json(tmp_path / "iter1" / "evaluate.json", {"test": {}})
    write_json(tmp_path / "iter2" / "evaluate.json", {"test": {}})
    write_json(tmp_path / "gone" / "synthesize_data.json", {"usage": SYNTHESIS})
    assert collect(tmp_path, ["iter1", "iter2"]) == {
        "iter1": {"generate_keyphrases": KEYPHRASES, "synthesize_data": SYNTHESIS},
        "total": {"requests": 3, "input_tokens": 25, "output_tokens": 110, "dollars": 0.75},
    }


def test_instructor_that_costs_nothing_has_an_empty_account(tmp_path):
    write_json(tmp_path / "iter1" / "generate_keyphrases.json", {"keyphrases": 2})
    assert collect(tmp_path, ["iter1"]) == {"total": NOTHING}


def test_one_part_without_a_price_leaves_the_total_without_dollars(tmp_path):
    write_json(tmp_path / "iter1" / "synthesize_data.json", {"usage": SYNTHESIS | {"dollars": None}})
    assert collect(tmp_path, ["iter1"])["total"]["dollars"] is None


def test_rows_name_iteration_and_stage_and_end_in_the_total():
    account = {"iter1": {"generate_keyphrases": KEYPHRASES, "synthesize_data": SYNTHESIS}, "total": SYNTHESIS}
    assert rows(account) == [
        ["iter1", "generate_keyphrases", 0.5, 2, 20, 10],
        ["iter1", "synthesize_data", 0.25, 1, 5, 100],
        ["total", "", 0.25, 1, 5, 100],
    ]


def test_empty_account_has_no_rows():
    assert rows({"total": NOTHING}) == []
