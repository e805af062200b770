"""Problems that are solved already."""

from dataclasses import replace


def test_cut_output_is_no_solution_to_train_on(material, run_strategy):
    cut, *others = material.good
    made = run_strategy("good_cases", replace(material, good=[replace(cut, truncated=True), *others]))
    assert cut.id not in {one.demonstration_ids[0] for one in made.accepted}
    assert len(made.accepted) == len(others)


def test_good_cases_are_taken_with_the_targets_own_solutions(material, run_strategy):
    made = run_strategy("good_cases", material)
    own = {(case.question, case.output.strip(), case.answer) for case in material.good}
    assert {(one.question, one.solution, one.answer) for one in made.accepted} == own
    assert {one.demonstration_ids[0] for one in made.accepted} == {case.id for case in material.good}
    assert {one.solution.partition("\n")[0] for one in made.accepted} == {"Let us add."}
    kind = {(one.strategy, one.error_type_id, one.certificate) for one in made.accepted}
    assert kind == {("good_cases", "good_cases", "gold")}
    assert made.shortfall == {"good_cases": 1}
