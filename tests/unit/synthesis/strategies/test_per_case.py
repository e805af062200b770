"""Bad cases with their gold solutions."""


def test_each_bad_case_is_taken_with_its_gold_solution_and_what_is_missing_is_short(material, run_strategy):
    made = run_strategy("per_case", material)
    assert {(one.question, one.solution) for one in made.accepted} == {(c.question, c.solution) for c in material.bad}
    sources = {name for candidate in made.accepted for name in candidate.demonstration_ids}
    assert sources == {case.id for case in material.bad}
    assert {candidate.error_type_id for candidate in made.accepted} == {"per_case"}
    assert made.shortfall == {"per_case": 1}
    assert {candidate.certificate for candidate in made.accepted} == {"gold"}
