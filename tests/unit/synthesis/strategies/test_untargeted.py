"""New problems without error types."""


def test_new_problems_come_from_any_training_problem_without_a_type(material, run_strategy):
    made = run_strategy("untargeted", material, wanted=20)
    assert {candidate.error_type_id for candidate in made.accepted} == {"untargeted"}
    sources = {name for candidate in made.accepted for name in candidate.demonstration_ids}
    assert sources == {one.id for one in material.problems}
    assert not {one.question for one in made.accepted} & {one.question for one in material.problems}
