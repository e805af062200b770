"""The comparison of engines: which runs there are, and in what they agree."""

from benchmarks import engines
from stages.core.files import read_json, write_records
from stages.model.generation import Generation


def run(outputs, likelihoods):
    made = {i: Generation(text, 3, "end") for i, text in enumerate(outputs)}
    return engines.Run(made=made, likelihoods=likelihoods)


def test_agreement_counts_what_either_and_both_engines_solve():
    vllm = run(["#### 1", "#### 2", "#### 9", "#### 9"], [-1.0, -2.0])
    transformers = run(["#### 1", "#### 7", "#### 3", "#### 8"], [-1.5, -2.1])
    assert engines.agreement(vllm, transformers, ["1", "2", "3", "4"]) == {
        "problems": 4, "vllm_solves": 2, "transformers_solves": 2, "either": 3, "both": 1, "share": 0.333,
        "same_texts": 1, "mean_difference": 0.3, "largest_difference": 0.5,
    }  # fmt: skip


def test_agreement_where_nothing_is_solved_has_no_share():
    assert engines.agreement(run(["a"], [-1.0]), run(["b"], [-1.0]), ["1"])["share"] is None


def test_adapter_is_run_merged_by_both_engines_and_beside_by_vllm(tiny_base, tmp_path):
    cases = engines.cases_of(f"{tiny_base}+models/iter1", tmp_path)
    assert [(case.engine, case.adapter) for case in cases] == [
        ("vllm", "merged"), ("vllm", "beside"), ("transformers", "merged")
    ]  # fmt: skip
    assert {case.target.base for case in cases} == {tiny_base}


def test_folder_without_a_card_is_pointed_at(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text("{}")
    cases = engines.cases_of(str(tmp_path / "mine"), tmp_path)
    assert [(case.engine, case.adapter) for case in cases] == [("vllm", "none"), ("transformers", "none")]
    assert read_json(cases[0].target.base / "target.json")["path"] == str(tmp_path / "mine")


def test_problems_are_records_of_the_project_or_rows_of_gsm8k(tmp_path, make_problem):
    write_records(tmp_path / "ours.jsonl", [make_problem(1)])
    (tmp_path / "gsm8k.jsonl").write_text('{"question": "Two and 2?", "answer": "2+2=<<2+2=4>>4\\n#### 4"}\n')
    assert engines.read_problems(tmp_path / "ours.jsonl") == [("Question 1?", "1 + 1 = 2\n#### 2", "2")]
    assert engines.read_problems(tmp_path / "gsm8k.jsonl") == [("Two and 2?", "2+2=<<2+2=4>>4\n#### 4", "4")]
