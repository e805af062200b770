"""Training problems as they are."""


def test_training_problems_are_taken_as_they_are(material, run_strategy):
    made = run_strategy("train_set", material)
    known = {(one.question, one.solution) for one in material.problems}
    assert {(one.question, one.solution) for one in made.accepted} <= known
    assert {candidate.error_type_id for candidate in made.accepted} == {"train_set"}
