"""The stage that lets a model solve the training problems, without DVC."""

from dataclasses import replace

from stages import predict
from stages.core.records import Prediction
from stages.model.generation import Generation


def test_prediction_names_its_problem_and_depends_on_problem_and_text(make_problem):
    made = Generation("1 + 1 = 2", 9, "end")
    one = predict.to_prediction(make_problem(1), made, "vllm")
    assert one == Prediction(one.id, "p1", "1 + 1 = 2", 9, "end", "vllm", 0)
    assert predict.to_prediction(make_problem(1), made, "vllm").id == one.id
    assert predict.to_prediction(make_problem(2), made, "vllm").id != one.id
    assert predict.to_prediction(make_problem(1), replace(made, text="2"), "vllm").id != one.id


def test_samples_with_the_same_text_have_ids_of_their_own(make_problem):
    made = [predict.to_prediction(make_problem(1), Generation("2", 1, "end"), "vllm", i) for i in (0, 1, 2)]
    assert len({one.id for one in made}) == 3
    assert [one.sample for one in made] == [0, 1, 2]
