"""The cost model, its sums worked out by hand."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from stages.pipeline import cost, cost_disk, cost_model, cost_rates
from stages.pipeline.cost_model import Lengths
from stages.pipeline.cost_rates import ARCHITECTURES, Assumptions, Machine
from stages.pipeline.exceptions import ParamsError
from stages.pipeline.files import write_records
from stages.target.chat import ChatParams

ROOT = Path(__file__).parents[3]
LENGTHS = Lengths(prompt=30, completion=20)
ASSUMED = Assumptions(bad_base=0.9, bad_later=0.6, sound=0.8, agreed=0.5, distinct=0.5)
SMALL = [
    "prepare_problems.split={train: 100, test: 15, ood: 5, ood_groups: 1}",
    "generation.max_new_tokens=50",
    "synthesize_data.amount.candidates=40",
    "select_data={score: likelihood, bad_cases: 4, good_cases: 2, keep: {by: fraction, value: 0.5, within: all}}",
]


@pytest.fixture(autouse=True)
def in_the_project(monkeypatch):
    monkeypatch.chdir(ROOT)  # where the prompt files are


def values(*changes):
    found = cost.read(Path("params.yaml"), [*SMALL, *changes])
    return found | {"iterations": {"iter2": {"parent": "iter1"}, "iter1": {"parent": "base"}}}  # the child first


def works(*changes, assumed=ASSUMED):
    found = cost_model.predict(cost.to_run(values(*changes)), LENGTHS, assumed)
    return {work.stage: work for work in found}


def counts(*changes):
    return cost_model.count(cost.to_run(values(*changes)), LENGTHS, ASSUMED)


@pytest.mark.parametrize(
    ("stage", "read", "written", "trained"),
    [
        ("evaluate_base", 20 * 30, 20 * 50, 0),  # the base model writes up to the limit
        ("predict@iter1", 100 * 30, 100 * 50, 0),
        ("select_data@iter1", 40 * 50 + 40 * 6 * 50 + 6 * 50, 0, 0),  # examples, trials, no example
        ("train@iter1", 0, 0, 20 * 50 * 2),  # half of 40 candidates, two epochs
        ("evaluate@iter1", 20 * 30, 20 * 20, 0),  # a trained model writes as much as the gold solutions have
        ("predict@iter2", 100 * 30, 100 * 20, 0),
        ("train@iter2", 0, 0, 40 * 50 * 2),  # the rows of iter1 too
    ],
)
def test_tokens_of_a_stage_are_records_times_lengths(stage, read, written, trained):
    work = works()[stage]
    assert (work.read, work.written, work.trained) == (read, written, trained)


@pytest.mark.parametrize(
    ("changes", "read", "written"),
    [
        (["runtime.engine=vllm"], 240 * 100 + 300, 0),
        (["select_data.score=accuracy"], 2000 + 240 * 30 + 240 * 50 + 300, 240 * 50),
        (["select_data.score=accuracy", "runtime.engine=vllm"], 240 * 100 + 2000 + 240 * 30 + 300, 240 * 50),
        (
            ["select_data.score=accuracy", "runtime.engine=openai", "runtime.openai.likelihoods=false"],
            2000 + 240 * 30,
            240 * 50,
        ),
        (["select_data.score=random"], 0, 0),
    ],
    ids=["vllm-likelihood", "transformers-accuracy", "vllm-accuracy", "served-without-likelihoods", "random"],
)
def test_selection_reads_what_its_engine_has_to_read(changes, read, written):
    work = works(*changes)["select_data@iter1"]
    assert (work.read, work.written) == (read, written)


def test_by_accuracy_fewer_are_tried_to_the_end_and_fewer_scored():
    assumed = dataclasses.replace(ASSUMED, tried=0.5, level_at_cut=0.1)
    work = works("select_data.score=accuracy", assumed=assumed)["select_data@iter1"]
    assert (work.read, work.written) == (2000 + 120 * 30 + 24 * 50 + 300, 120 * 50)


def test_fewer_good_cases_than_wanted_make_fewer_trials():
    work = works(assumed=dataclasses.replace(ASSUMED, bad_base=1.0))["select_data@iter1"]
    assert work.read == 40 * 50 + 40 * 4 * 50 + 4 * 50


@pytest.mark.parametrize(
    ("strategy", "first", "second"),
    [("sei", 130, 130), ("untargeted", 130, 130), ("per_case", 90, 60), ("train_set", 100, 50)],
)
def test_candidates_are_at_most_what_the_strategy_has(strategy, first, second):
    found = counts(f"synthesize_data.strategy={strategy}", "synthesize_data.amount.candidates=130")
    # For train_set half of the 100 problems are kept in the first iteration, and are not drawn again.
    assert (found["iter1"].candidates, found["iter2"].candidates) == (first, second)


def test_anchors_are_their_share_of_the_new_rows_as_far_as_good_cases_go_round():
    found = counts("assemble_training_set.anchor=0.5")
    assert found["iter1"].new == 20 + 10  # 20 wanted; 10 of 100 problems are solved
    assert found["iter2"].new == 20 + 20
    assert found["iter2"].rows == 70


@pytest.mark.parametrize(
    ("method", "types"), [("kmeans", 12), ("hdbscan", 4), ("instructor", 20)]
)  # of 45 distinct keyphrases; HDBSCAN: one for each 10
def test_number_of_types_follows_the_method(method, types):
    assert counts(f"cluster_keyphrases.method={method}")["iter1"].types == types


def test_symbolic_instructor_gets_no_request():
    total = cost_model.total(works().values())
    assert (total.requests, total.sent, total.received) == (0, 0, 0)


def test_requests_of_an_instructor_behind_an_api():
    found = works("instructor.provider=openai")
    assert found["generate_keyphrases@iter1"].requests == 90
    assert found["generate_keyphrases@iter1"].received == 90 * 80
    assert found["cluster_keyphrases@iter1"].requests == 12
    synthesis = found["synthesize_data@iter1"]
    # 40 accepted of 100 drafts, five a request; the 80 sound ones are solved three times.
    assert synthesis.requests == 20 + 240
    assert synthesis.received == 100 * 50 + 240 * 20 * 1.5


def test_sent_tokens_are_prompt_file_and_what_it_shows():
    prompt = (ROOT / "stages" / "prompts" / "keyphrase.txt").stat().st_size / 3.5 + 16
    assert works("instructor.provider=openai")["generate_keyphrases@iter2"].sent == pytest.approx(
        60 * (prompt + 30 + 20 + 20)
    )


def test_per_case_asks_for_one_solution_of_each_candidate():
    found = works("instructor.provider=openai", "synthesize_data.strategy=per_case")
    assert found["synthesize_data@iter1"].requests == 40


def test_instructor_that_forms_types_is_shown_sixty_keyphrases_at_a_time():
    found = works(
        "instructor.provider=openai", "cluster_keyphrases.method=instructor", "prepare_problems.split.train=300"
    )
    assert found["cluster_keyphrases@iter1"].requests == 3  # 270 bad cases, 135 distinct


def test_core_seconds_of_synthesis_are_pairs_of_questions():
    # 50 drafts against 20 held-out and 100 training problems and, on average, 20 accepted ones.
    assert works()["synthesize_data@iter1"].core_seconds == pytest.approx(50 * 140 * cost_rates.PAIR)


def test_sizes_of_known_models():
    small, large = ARCHITECTURES["smollm2-135m"], ARCHITECTURES["llama-3.1-8b"]
    assert small.parameters() == pytest.approx(134.5e6, rel=0.001)
    assert large.parameters() == pytest.approx(8.03e9, rel=0.001)
    # In each of 30 blocks, of rank 16: 2 x 1,152 + 2 x 768 + 3 x 2,112 = 10,176 inputs and outputs.
    modules = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    assert small.adapter_parameters(16, modules) == 30 * 16 * 10_176


def test_hours_add_reading_writing_and_training_and_grow_with_the_model():
    machine = Machine("GPU", 8, reads=100, writes=10, trains=50, parameters=1_000)
    assert machine.hours(36_000, 3_600, 18_000, 1_000) == pytest.approx(0.3)  # of one device
    assert machine.hours(36_000, 3_600, 18_000, 2_000) == pytest.approx(0.6)


def test_disk_counts_outputs_twice_and_journals_once():
    kinds = cost_disk.disk(cost.to_run(values()), LENGTHS, ASSUMED, ARCHITECTURES["smollm2-135m"])
    assert kinds["adapters"] == 2 * 2 * 2 * 4_884_480  # two iterations, two copies, two bytes
    assert kinds["request cache"] == 0
    assert kinds["embeddings"] == (45 + 30) * (384 * 4 + 100)
    tests = 20 * (3 * 179 + (50 + 20 + 20) * 3.5)
    predictions = 100 * (2 * 105 + (50 + 20) * 3.5)
    assert kinds["journals"] == pytest.approx(tests + predictions + 2 * 240 * 112)


@pytest.mark.parametrize(("mode", "dollars"), [("online", 2.5), ("batch", 1.25)])
def test_batches_cost_half(mode, dollars):
    assert cost.price(values("instructor.provider=openai", f"instructor.mode={mode}")).input == dollars


def test_model_without_a_price_has_none():
    assert cost.price(values("instructor.provider=openai", "instructor.openai.model=mine")) is None


def test_other_number_of_problems_scales_the_candidates():
    found = cost.to_run(cost.resized(values(), 1_000))
    assert (found.problems, found.synthesis.amount.candidates, found.held_out) == (1_000, 400, 20)


@pytest.mark.parametrize("change", ["seed", "seed.one=1", "trian.epochs=3", "epochs=3"])
def test_change_without_a_section_of_the_file_is_an_error(change):
    with pytest.raises(ParamsError, match=f"-S {change}: must be KEY=VALUE"):
        cost.read(Path("params.yaml"), [change])


def test_unknown_assumption_is_an_error_that_lists_them():
    with pytest.raises(ParamsError, match=r"bad=1: must be NAME=NUMBER; the names are bad_base, bad_later"):
        cost.assume(["bad=1"])
    with pytest.raises(ParamsError, match="bad_later=many: not a number"):
        cost.assume(["bad_later=many"])


def test_lengths_are_measured_in_the_chat_format(tiny_base, tmp_path, make_problem):
    write_records(tmp_path / "train.jsonl", [make_problem(1), make_problem(22)])
    found = cost.measure(
        tmp_path / "train.jsonl", tiny_base, ChatParams("stages/prompts/chatml.jinja", "{question}", "<|im_end|>")
    )
    # Bytes: `user`, the question (11 and 12), `assistant` and three line breaks; and three special tokens.
    assert found.prompt == 4 + 11.5 + 9 + 3 + 3
    assert found.completion == len("1 + 1 = 2\n#### 2") + 1


def test_command_writes_stages_total_and_assumptions(capsys):
    cost.main(["--problems", "1000"])
    out = capsys.readouterr().out
    assert "| evaluate_base | " in out
    assert "\n| total | " in out
    assert "Mean tokens: prompt 67.0, completion 57.0. Assumed: bad_base 0.95" in out


def test_command_writes_a_row_for_each_number_of_problems(capsys):
    cost.main(["--problems", "7500", "10000000", "--machine", "64-h100", "--target", "llama-3.1-8b"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("| problems | read | written | trained | requests")
    assert [line.split(" | ")[0] for line in lines[2:4]] == ["| 7.5 k", "| 10 M"]


def test_expected_error_is_one_line():
    done = subprocess.run(
        [sys.executable, "-m", "stages.pipeline.cost", "-S", "train.epoch=3"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "error: cost: params.yaml: unknown key `train.epoch` (did you mean `epochs`?)\n"
