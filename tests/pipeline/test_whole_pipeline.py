"""Real `dvc repro` over all stages in a clone of the project, with a tiny model and a dozen problems."""

import csv
import json
from pathlib import Path

import yaml

STAGES_OF_AN_ITERATION = [
    "predict", "extract_bad_cases", "generate_keyphrases", "cluster_keyphrases", "synthesize_data",
    "solve_candidates", "select_data", "assemble_training_set", "train", "evaluate", "compare", "trace_cases",
]  # fmt: skip
TRACED = ["synthetic", "solutions", "scores", "error_types", "bad_cases", "assignments", "keyphrases", "predictions"]


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def stages_of(iteration: str) -> set[str]:
    return {f"{stage}@{iteration}" for stage in STAGES_OF_AN_ITERATION}


def test_first_repro_runs_every_stage_once(finished):
    shared = {"prepare_problems", "fetch_target", "check_params", "check_target", "evaluate_base", "report"}
    assert len(finished.first_run) == len(set(finished.first_run))
    assert set(finished.first_run) == shared | stages_of("iter1") | stages_of("iter2")


def test_second_repro_runs_nothing(finished):
    assert finished.repro() == []


def test_finished_run_leaves_a_clean_work_tree(finished):
    assert finished.run("git", "status", "--short").stdout == ""
    assert "up to date" in finished.run("dvc", "status").stdout


def test_splits_share_no_problem_and_ood_shares_no_template(finished):
    problems = finished.path / "data" / "problems"
    train, test = read(problems / "train.jsonl"), read(problems / "held_out/test/procedural.jsonl")
    ood = read(problems / "held_out/ood/procedural.jsonl")
    assert [len(train), len(test), len(ood)] == [10, 4, 2]
    assert len({row["question"] for row in train + test + ood}) == 16
    assert not {row["group"] for row in ood} & {row["group"] for row in train + test}


def lineage_of(row: dict, data: Path) -> list[dict]:
    """Follow a training row back by ids: solution, candidate, score, type, then of each bad case it was made from."""
    folder = data / row["iteration"]
    records = {name: read(folder / f"{name}.jsonl") for name in TRACED}
    candidate = {c["id"]: c for c in records["synthetic"]}[row["candidate_id"]]
    found = [
        candidate,
        {s["id"]: s for s in records["solutions"]}[row["solution_id"]],
        {s["candidate_id"]: s for s in records["scores"]}[candidate["id"]],
        {t["id"]: t for t in records["error_types"]}[candidate["error_type_id"]],
    ]
    for demonstration in candidate["demonstration_ids"]:
        case = {c["id"]: c for c in records["bad_cases"]}[demonstration]
        assignment = {a["bad_case_id"]: a for a in records["assignments"]}[demonstration]
        keyphrase = {k["id"]: k for k in records["keyphrases"]}[assignment["keyphrase_id"]]
        prediction = {p["id"]: p for p in records["predictions"]}[case["prediction_id"]]
        problem = {p["id"]: p for p in read(data / "problems" / "train.jsonl")}[prediction["problem_id"]]
        found += [case, assignment, keyphrase, prediction, problem]
    return found


def test_every_training_row_leads_back_to_its_problems_by_ids_alone(finished):
    rows = read(finished.path / "data" / "iter2" / "training_set.jsonl")
    assert {row["iteration"] for row in rows} == {"iter1", "iter2"}
    for row in rows:
        candidate, solution, score, error_type, case, assignment, keyphrase, prediction, problem = lineage_of(
            row, finished.path / "data"
        )[:9]
        assert (solution["candidate_id"], solution["author"]) == (candidate["id"], row["author"])
        assert solution["kept"] is True
        assert score["kept"] is True
        assert candidate["request_id"]
        assert assignment["error_type_id"] == error_type["id"] == row["error_type_id"]
        assert keyphrase["bad_case_id"] == case["id"]
        assert (case["question"], case["output"]) == (problem["question"], prediction["output"])


def test_case_browser_shows_the_lineage_of_every_training_row(finished):
    for name in ("iter1", "iter2"):
        rows = {row["id"]: row for row in read(finished.path / "data" / name / "training_set.jsonl")}
        traced = json.loads((finished.path / "reports" / "cases" / f"{name}.json").read_text())
        trained = [made for made in traced["candidates"] if made["fate"] == "trained"]
        own = [row for row in rows.values() if row["iteration"] == name]
        assert sorted(name for made in trained for name in made["training_row_ids"]) == sorted(row["id"] for row in own)
        cases = {case["id"] for case in traced["cases"]}
        for made in trained:
            assert rows[made["training_row_ids"][0]]["question"] == made["question"]
            assert set(made["demonstration_ids"]) <= cases
            assert made["score"]["kept"] is True


def test_second_iteration_trains_on_the_rows_of_both(finished):
    first = read(finished.path / "data" / "iter1" / "training_set.jsonl")
    second = read(finished.path / "data" / "iter2" / "training_set.jsonl")
    assert second[: len(first)] == first
    assert len(second) > len(first)


def test_report_names_each_iteration_of_params(finished):
    summary = json.loads((finished.path / "reports" / "summary.json").read_text())
    assert summary["iterations"] == 2
    assert summary["test"]["problems"] == 4
    with (finished.path / "reports" / "accuracy.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["iteration"], row["problem_set"]) for row in rows] == [
        (name, group) for name in ("base", "iter1", "iter2") for group in ("test/procedural", "ood/procedural")
    ]
    page = (finished.path / "reports" / "index.html").read_text()
    assert "iter1" in page
    assert "iter2 solves" in page


def test_provenance_holds_the_times_of_all_stages_and_is_no_output(finished):
    provenance = json.loads((finished.path / "reports" / "provenance.json").read_text())
    assert set(provenance["stages"]) == set(finished.first_run) - {"report"}
    assert "provenance.json" not in (finished.path / "dvc.lock").read_text()


def test_text_shows_the_results_of_a_clone_that_has_run_nothing(finished, tmp_path):
    finished.run("git", "clone", "--quiet", ".", str(tmp_path / "clone"))
    text = (tmp_path / "clone" / "reports" / "report.txt").read_text()
    assert "iter2 against base on test" in text
    assert "all stages" in text


def test_no_output_names_a_folder_of_this_machine(finished):
    paths = [p for name in ("metrics", "reports", "data") for p in (finished.path / name).rglob("*") if p.is_file()]
    paths += [finished.path / "models" / "iter1" / "adapter_config.json", finished.path / "dvc.lock"]
    assert len(paths) > 30
    here = str(finished.path.parent)
    assert [p for p in paths if here in p.read_text()] == []


def test_changed_selection_runs_only_it_and_what_follows(copy):
    copy.set({"select_data.keep.value": 1.0})
    assert copy.repro("evaluate@iter1") == [
        "check_params",
        *(f"{stage}@iter1" for stage in ("select_data", "assemble_training_set", "train", "evaluate")),
    ]


def test_changed_runtime_and_settings_of_a_method_that_is_not_chosen_are_checked_and_run_nothing(copy):
    copy.set({"runtime.batch_tokens": 3000, "cluster_keyphrases.hdbscan.min_samples": 2})
    assert copy.repro() == ["check_params"]


def test_added_iteration_runs_only_that_iteration(copy):
    copy.set({"iterations.iter3": {"parent": "iter2"}})
    assert set(copy.repro()) == stages_of("iter3") | {"check_params", "report"}


def test_removed_iteration_leaves_the_report_without_it(copy):
    params = yaml.safe_load((copy.path / "params.yaml").read_text())
    del params["iterations"]["iter2"]
    (copy.path / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    assert set(copy.repro()) == {"check_params", "report"}
    assert "iter2" not in (copy.path / "reports" / "index.html").read_text()


def test_metrics_show_in_a_fresh_clone(finished, tmp_path):
    clone = finished.clone(tmp_path / "clone")
    shown = clone.run("dvc", "metrics", "show", "--json").stdout
    assert json.loads(shown)[""]["data"]["reports/summary.json"]["data"]["iterations"] == 2
