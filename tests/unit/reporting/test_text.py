"""The report's numbers as text."""

from dataclasses import replace

from stages.core.metrics import ProblemCounts
from stages.reporting import text
from stages.reporting.results import Results
from tests.unit.reporting.conftest import both, types


def parts(results):
    return {part.splitlines()[0]: part.splitlines()[1:] for part in text.render(results).split("\n\n")}


def test_text_holds_accuracies_types_funnel_loss_and_time(results, provenance):
    found = parts(replace(results, provenance=provenance))
    assert found["Accuracy"][1].split() == ["base", "test/sums", "10/100", "10.0%", "5.0%", "to", "17.0%"]
    assert [line.split() for line in found["Error types"]] == [["iter1"], ["30", "slips"], ["10", "units"]]
    funnel = [" ".join(line.split()) for line in found["From mistakes to training data"][1:3]]
    assert funnel == ["60 problems tried", "40 not solved: bad cases"]
    assert found["Training loss"] == ["iter1: 2.500 at step 1, 0.500 at step 4"]
    assert [" ".join(line.split()) for line in found["Time"]] == [
        "once iter1", "20 min train", "50 s predict", "8.4 s evaluate_base", "21 min in all stages",
        "instructor: symbolic; no paid model was asked",
    ]  # fmt: skip


def test_text_tells_what_each_stage_paid(paid):
    found = parts(paid)
    assert [line.split() for line in found["Paid to the instructor"]] == [
        ["dollars", "requests", "tokens", "in", "tokens", "out"],
        ["iter1", "generate_keyphrases", "$0.06", "40", "20,000", "1,500"],
        ["iter1", "synthesize_data", "$1.50", "9", "8,000", "12,000"],
        ["total", "$1.56", "49", "28,000", "13,500"],
    ]


def test_text_tells_who_solved_the_new_problems_and_the_rows_that_are_missing(solved, results):
    found = parts(solved)
    assert [" ".join(line.split()) for line in found["Solutions of the new problems"]] == [
        "iteration author tries right problems solved solutions kept", "iter1 target 40 9 7 6",
        "iter1 instructor 20 16 16 15",
    ]  # fmt: skip
    assert "5 rows wanted and not reached" in [
        " ".join(line.split()) for line in found["From mistakes to training data"]
    ]
    assert "Solutions of the new problems" not in parts(results)


def test_text_shows_accuracies_and_what_changed_on_the_same_problems(results):
    lines = text.accuracy(results)
    assert [line.split() for line in lines[1:3]] == [
        ["base", "test/sums", "10/100", "10.0%", "5.0%", "to", "17.0%"],
        ["base", "ood/unseen", "0/0", "-", "0.0%", "to", "100.0%"],
    ]
    assert lines[5:] == [
        "iter1 against base on test/sums: 22 fixed, 2 broken, +25.0 points (+15.0 to +35.0, p 4e-05): better",
        "iter1 against base on ood/unseen: 0 fixed, 0 broken, (\N{MINUS SIGN}100.0 to +100.0, p 1): not measured",
    ]


def test_text_has_dev_sets_and_problem_sets_under_headings_of_their_own(several):
    counts = ProblemCounts("math", "data/raw/math.jsonl", 20, {"repeated": 1}, 8, 4, 2, 0, 1)
    found = parts(replace(several, problems=[counts]))
    dev = found["Development sets, for tuning"]
    assert [line.split()[:2] for line in dev[1:3]] == [["base", "dev/sums"], ["iter1", "dev/sums"]]
    assert dev[3].startswith("iter1 against base on dev/sums: ")
    assert not [line for line in found["Accuracy"] if "dev/" in line]
    assert " ".join(found["Problem sets"][1].split()) == "math data/raw/math.jsonl 20 1 repeated 8 4 2 0 1"


def test_text_says_no_measurable_change_where_the_interval_holds_zero(results):
    base, last = results.models
    flat = replace(last.comparisons["test/sums"].base, measurable=False, interval=(-0.02, 0.1))
    comparisons = {"test/sums": both(flat)}
    lines = text.accuracy(Results([base, replace(last, comparisons=comparisons)], []))
    assert lines[-1].endswith("(\N{MINUS SIGN}2.0 to +10.0, p 4e-05): no measurable change")


def test_stages_that_were_not_timed_are_told(results, provenance):
    untimed = replace(results, provenance=provenance | {"untimed": ["train@iter2", "predict@iter2"]})
    assert "in all stages, 2 of them not timed" in text.render(untimed)


def test_text_says_what_became_of_each_type(results):
    base, first = results.models
    one = results.iterations[0]
    two = replace(one, name="iter2", error_types=types(replace(one.error_types.types[0], size=4)), loss=[])
    second = replace(first, name="iter2", parent="iter1")
    lines = [line.split() for line in parts(Results([base, first, second], [one, two]))["Error types"]]
    assert lines == [["iter1", "iter2"], ["30", "4", "shrank", "slips"], ["10", "0", "gone", "units"]]


def test_text_says_what_went_wrong_by_family_and_its_types(in_families):
    found = parts(in_families)
    lines = found["What went wrong, of the training problems that are not solved"]
    assert [" ".join(line.split()) for line in lines] == [
        "iter1 share 95 % interval iter2 share 95 % interval",
        "7 77.8% 45.3% to 93.7% 1 50.0% 9.5% to 90.5% calculation", "5 0 units", "2 1 slips",
        "1 11.1% 2.0% to 43.5% 1 50.0% 9.5% to 90.5% truncation", "1 1 slips",
        "1 11.1% 2.0% to 43.5% 0 0.0% 0.0% to 65.8% faulty gold",
    ]  # fmt: skip
    assert lines[1].endswith("  calculation")
    assert lines[2].endswith("    units")
    assert [" ".join(line.split()) for line in found["What went wrong on each problem set"]] == [
        "model set family outputs share 95 % interval", "base test/sums reading 1/2 50.0% 9.5% to 90.5%",
        "base test/sums calculation 1/2 50.0% 9.5% to 90.5%",
    ]  # fmt: skip


def test_text_shows_what_training_on_pairs_did_where_there_was_any(preferring, results):
    assert [" ".join(line.split()) for line in parts(preferring)["Right solutions against wrong ones (dpo)"]] == [
        "iteration pairs mean loss margin, first and last right preferred loss on pairs held out",
        "iter1 24 0.654 +0.000, +0.123 0.0%, 87.5% 0.693, 0.612",
        "iter2 0 - - - -",
    ]
    assert "Right solutions against wrong ones (dpo)" not in parts(results)


def test_text_without_types_training_and_times_leaves_their_parts_out(results):
    bare = Results(results.models, [replace(results.iterations[0], error_types=types(), loss=[])])
    assert set(parts(bare)) == {"Accuracy", "From mistakes to training data"}


def test_text_shows_mean_and_majority_of_several_tries_and_the_pass_rates_of_training_problems(sampled):
    found = parts(sampled)
    assert (
        " ".join(found["Accuracy"][0].split())
        == "model set correct mean of 4 95 % interval majority of 4 95 % interval"
    )
    assert found["Accuracy"][2].split() == [
        "iter1", "test/sums", "30.25/80", "37.8%", "28.0%", "to", "48.0%", "41.2%", "31.0%", "to", "52.0%",
    ]  # fmt: skip
    assert [" ".join(line.split()) for line in found["Tries at training problems"]] == [
        "iteration set problems tries mean pass rate bad cases", "iter1 sums 60 4 28.7% 40",
    ]  # fmt: skip


def test_text_of_single_tries_shows_neither(results):
    found = parts(results)
    assert "Tries at training problems" not in found
    assert "majority" not in " ".join(found["Accuracy"])
