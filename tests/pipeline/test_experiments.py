"""`dvc exp`: experiments share what was paid for, and compare as one row each."""

import json
import sys


def journals(project):
    return {path.name: path.read_text() for path in (project.path / ".sei" / "journal").iterdir()}


def test_experiment_in_a_copy_of_the_workspace_shares_the_journal(copy):
    before = journals(copy)
    predict = "--force", "--single-item", "predict@iter1", "-S", "generation.max_new_tokens=5"
    copy.run("dvc", "exp", "run", "--temp", "--name", "first", *predict)
    after = journals(copy)
    new = set(after) - set(before)
    assert len(new) == 1
    assert len(after[new.pop()].splitlines()) == 10
    # The same generations once more, in another copy: nothing is written, because nothing is generated.
    copy.run("dvc", "exp", "run", "--temp", "--name", "second", *predict, "-S", "train.epochs=1")
    assert journals(copy) == after


def test_data_file_that_git_does_not_track_is_to_be_tracked_or_copied(project):
    (project.path / "data" / "raw" / "mine.jsonl").write_text('{"q": "1 + 1?", "a": "2"}\n')
    mine = {"role": "train", "path": "data/raw/mine.jsonl", "columns": {"question": "q", "answer": "a"}}
    project.set({"prepare_problems.sets": {"mine": mine}})
    done = project.run("dvc", "exp", "run", "--temp", "prepare_problems", check=False)
    assert done.returncode != 0
    [line] = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("error: ")]
    assert line.startswith("error: prepare_problems: data/raw/mine.jsonl: no such file in this copy of the workspace")
    assert "`git add data/raw/mine.jsonl` or `dvc exp run --copy-paths data/raw/mine.jsonl ...`" in line


def test_applied_experiment_brings_the_times_of_its_own_runs(copy):
    copy.run("dvc", "exp", "run", "--temp", "--name", "short", "--force", "--single-item", "predict@iter1",
             "-S", "generation.max_new_tokens=5")  # fmt: skip
    lines = (copy.path / ".sei" / "times.jsonl").read_text().splitlines()
    last = json.loads(lines[-1])
    assert last["key"].startswith("predict@iter1 ")
    copy.run("dvc", "exp", "apply", "short")
    copy.repro("--force", "--single-item", "report")
    made = json.loads((copy.path / "reports" / "provenance.json").read_text())
    assert made["stages"]["predict@iter1"]["finished"] == last["value"]["finished"]
    assert made["untimed"] == []


def test_summary_is_all_that_an_experiment_shows_of_metrics(finished):
    shown = json.loads(finished.run("dvc", "exp", "show", "--json").stdout)
    metrics = shown[0]["data"]["metrics"]
    assert list(metrics) == ["reports/summary.json"]
    summary = metrics["reports/summary.json"]["data"]
    columns = {f"{name}.{key}" if key else name for name, value in summary.items() for key in _keys(value)}
    numbers = {"base", "last", "gain", "gain_low", "gain_high", "problems"}
    stages = {title.partition("@")[0] for title in finished.first_run} - {"report"} | {"total"}
    assert columns == {"iterations", "bad_cases", "error_types", "kept", "dollars"} | {
        *(f"{group}.{number}" for group in ("test", "ood") for number in numbers),
        *(f"minutes.{stage}" for stage in stages),
    }
    assert all(minutes is not None for minutes in summary["minutes"].values())


def test_finished_runs_stand_side_by_side_on_a_page_that_git_ignores(copy):
    copy.run("dvc", "exp", "run", "--name", "hotter", "-S", "evaluate.temperature=0.9")
    done = copy.run(sys.executable, "-m", "tools.experiments", "HEAD", "hotter")
    assert done.stdout == "wrote reports/experiments.html\n"
    page = (copy.path / "reports" / "experiments.html").read_text()
    assert "<th>evaluate.temperature</th><td>0.7</td><td>0.9</td>" in page
    # One try is greedy, whatever the temperature.
    for model in ("iter1", "iter2"):
        assert f"<th>hotter</th><td>{model}</td>" in page
    assert page.count("<td>no measurable change</td>") == 4
    assert "not paired" not in page
    assert "is not what its numbers were measured with" not in page
    assert "experiments.html" not in copy.run("git", "status", "--porcelain").stdout


def _keys(value):
    return value if isinstance(value, dict) else [""]
