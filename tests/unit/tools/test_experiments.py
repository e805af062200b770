"""Experiments side by side: numbers on the page against the records of a real git and DVC repository."""

import os
import re
import shutil
import subprocess
import sys
from contextlib import chdir
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from stages.core.exceptions import RecordsError, SourceError
from stages.core.files import file_md5
from stages.core.verdict import Verdict
from stages.reporting import families, tables
from tests.unit.reporting.test_page import outline, plain
from tests.unit.tools import finished_runs as runs
from tools import experiments, experiments_data, experiments_page, experiments_pairs
from tools.experiments_data import Experiment

BASE = runs.predictions("base", ())
# Of 20 problems `first` solves 10, and `more` 8 of these and the other 10.
FIRST = runs.predictions("iter1", range(10))
MORE = runs.predictions("iter1", range(2, 20))
LOST = runs.predictions("iter1", range(12))


def run(folder, *command):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "DVC_NO_ANALYTICS": "1"}
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A repository with `first` committed, and the experiments `more` and `lost`, whose outputs the cache has lost.

    An earlier commit, `empty`, has no run.
    """
    folder = tmp_path_factory.mktemp("finished")
    (folder / "dvc.yaml").write_text(runs.PIPELINE)
    (folder / "code.txt").write_text("one")
    (folder / ".gitignore").write_text("/data/\n")
    run(folder, "git", "init", "-q", "-b", "main")
    run(folder, "git", "config", "user.name", "test")
    run(folder, "git", "config", "user.email", "test@example.invalid")
    run(folder, "dvc", "init", "-q")
    (folder / "params.yaml").write_text(yaml.safe_dump(runs.params()))
    commit(folder, "empty")
    runs.write(folder, runs.params(), {"base": BASE, "iter1": FIRST})
    run(folder, "dvc", "commit", "-q", "-f")
    commit(folder, "first")
    (folder / "code.txt").write_text("two")
    changed = runs.params(epochs=3) | {"note": "<b>"}
    types = [("slips", 5, 0.5), ("<i>", 5, 0.5)]
    runs.write(folder, changed, {"base": BASE, "iter1": MORE}, types, 5.0, runs.PAID)
    run(folder, "dvc", "exp", "save", "-q", "-n", "more")
    runs.write(folder, runs.params(), {"base": BASE, "iter1": LOST})
    run(folder, "dvc", "exp", "save", "-q", "-n", "lost", "--force")
    digest = file_md5(folder / "data" / "iter1" / "test_predictions.jsonl")
    (folder / ".dvc" / "cache" / "files" / "md5" / digest[:2] / digest[2:]).unlink()
    run(folder, "git", "checkout", "-q", ".")
    run(folder, "dvc", "checkout", "-q", "--force")
    return folder


def commit(folder, name):
    run(folder, "git", "add", "-A")
    run(folder, "git", "commit", "-q", "-m", name)
    run(folder, "git", "tag", name)


@pytest.fixture
def repository(finished, monkeypatch):
    monkeypatch.chdir(finished)
    return finished


@pytest.fixture(scope="module")
def written(finished, tmp_path_factory):
    """The texts on the page of three experiments, by kind of element."""
    out = tmp_path_factory.mktemp("page") / "page.html"
    with chdir(finished):
        experiments.write(["first", "more", "lost"], out)
    texts = outline(out.read_text()).texts
    return {kind: [plain(text) for text in of_kind] for kind, of_kind in texts.items()}


def test_first_screen_tells_the_best_by_how_much_whether_by_chance_and_what_it_cost(written):
    assert written["h1"] == ["more solves the most problems, 90.0 %; first solves 50.0 %."]
    assert written["strong"] == ["more", "+40.0 points", "Yes, better", "5.0 min, $0.06"]
    assert written["dt"][1] == "How much better than first?"
    best, much, chance, cost = written["dd"]
    # Wilson's interval of 18 out of 20, by hand.
    assert "Its iter1 on test/sums: new problems of the kinds trained on. 95 % interval: 69.9 to 97.2 %." in best
    assert best.endswith("Then lost 60.0 %, first 50.0 %.")
    assert "10 problems fixed and 2 broken, of 20" in much
    # 2 (1 + 12 + 66) / 2^12
    assert chance.endswith("with p = 0.039 (McNemar's test). The best of 3 is partly the luckiest.")
    assert cost.endswith("lost 12 min, $0.00; first 12 min, $0.00.")


def test_accuracies_stand_by_problem_set_and_model_with_a_column_for_each_experiment(written):
    assert "problems, modelfirstmorelost" in written["tr"]
    assert "test/sums, base0.0 % 0.0 to 16.10.0 % 0.0 to 16.10.0 % 0.0 to 16.1" in written["tr"]
    assert "test/sums, iter150.0 % 29.9 to 70.190.0 % 69.9 to 97.260.0 % 38.7 to 78.1" in written["tr"]
    assert written["figcaption"] == ["test/sums: new problems of the kinds trained on"]


def test_experiments_are_paired_with_the_first_by_problem(written):
    [row] = [row for row in written["tr"] if row.startswith("moreiter1")]
    match = re.fullmatch(r"moreiter1test/sums90\.0 %50\.0 %\+40\.0\+(\d+\.\d) to \+(\d+\.\d)0\.039better102", row)
    assert match
    assert 0 < float(match[1]) < 40 < float(match[2]) < 75


def test_experiment_whose_outputs_the_cache_has_lost_is_shown_unpaired(written):
    [row] = [row for row in written["tr"] if row.startswith("lostiter1")]
    assert row == "lostiter1test/sums60.0 %50.0 %not paired: lost's outputs are not in DVC's cache"


def test_only_settings_that_differ_are_shown_escaped(written):
    rows = written["tr"]
    head = rows.index("paramfirstmorelost")
    assert rows[head + 1 : head + 3] == ["train.epochs232", "notenot there<b>not there"]
    [code] = [row for row in rows if row.startswith("code.txt")]
    assert code == "code.txtf97c5d2b8a9f71b8a9f71"  # md5sum of "one" and "two"
    assert not [row for row in rows if row.startswith(("seed", "train.learning_rate"))]


def test_error_types_stand_by_share_the_largest_first(written):
    rows = written["tr"]
    head = rows.index("error typefirstmorelost")
    assert rows[head + 1 : head + 4] == ["slips75.0 % 3050.0 % 575.0 % 30", "<i>50.0 % 5", "units25.0 % 1025.0 % 10"]


def test_families_of_what_the_last_models_fail_at_stand_by_set(written):
    rows = written["tr"]
    head = rows.index("problems, familyfirstmorelost")
    # All failures are slips: of 10, 2 and 8 problems, with Wilson's interval by hand.
    assert rows[head + 1 : head + 2] == [
        "test/sums, calculation100.0 % 72.2 to 100.0100.0 % 34.2 to 100.0100.0 % 67.6 to 100.0"
    ]
    assert "Format, truncation and faulty golds" not in written["caption"]


def with_failures(**of_verdicts):
    """Return 20 predictions: the first so many of each verdict, and the others wrong by a slip."""
    verdicts = [Verdict(name) for name, count in of_verdicts.items() for _ in range(count)]
    rows = runs.predictions("iter1", ())
    return [replace(row, verdict=verdict) for row, verdict in zip(rows, verdicts, strict=False)] + rows[len(verdicts) :]


def test_family_whose_difference_excludes_zero_is_marked_and_what_the_verdict_tells_stands_apart():
    first, fewer, alike = (
        with_failures(truncated=14, no_answer=2),
        with_failures(truncated=4),
        with_failures(truncated=9),
    )
    texts = rendered(made("a", iter1=first), made("b", iter1=fewer), made("c", iter1=alike))
    rows = texts["tr"]
    assert texts["caption"].index("Mistakes of reasoning") + 1 == texts["caption"].index(
        "Format, truncation and faulty golds"
    )
    # Of 20 failures 4, 16 and 11 are slips; 14, 4 and 9 are cut. Wilson: 4 of 20 is 8.1 to 41.6 %, 14 of 20 48.1 to
    # 85.5 %, 9 of 20 25.8 to 65.8 %. Newcombe, 4 against 14: -50 + sqrt(21.6^2 + 21.9^2) = -19.2; 9 against 14: +3.7.
    assert "test/sums, calculation20.0 % 8.1 to 41.680.0 % 58.4 to 91.9 more55.0 % 34.2 to 74.2 more" in rows
    assert "test/sums, truncation70.0 % 48.1 to 85.520.0 % 8.1 to 41.6 less45.0 % 25.8 to 65.8" in rows
    assert "test/sums, format10.0 % 2.8 to 30.10.0 % 0.0 to 16.10.0 % 0.0 to 16.1" in rows


def test_ends_of_a_difference_are_newcombes():
    # Newcombe 1998, table II, example (a): 56/70 and 48/80 differ by 0.0524 to 0.3339.
    old, new = (
        families.shares(
            "m", "m", "s", [(str(number), one) for number, one in enumerate(["reading"] * n + ["other"] * m)]
        )
        for n, m in ((48, 32), (56, 14))
    )
    assert experiments_pairs.share_difference(old[0], new[0]) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_report_that_was_written_before_there_were_families_has_none(workspace):
    (workspace / "reports" / "families.csv").unlink()
    assert experiments_data.read("workspace").families == []


def test_cost_counts_minutes_dollars_and_tokens(written):
    assert written["tr"][-4:] == [
        "time12 min5.0 min12 min",
        "paid to the instructor$0.00$0.06$0.00",
        "its tokens in020,0000",
        "its tokens out01,5000",
    ]


@pytest.mark.usefixtures("repository")
def test_experiments_that_agree_with_their_settings_have_no_fault():
    assert [experiments_data.read(name).faults for name in ("first", "more", "lost", "HEAD")] == [[]] * 4


@pytest.fixture
def workspace(finished, tmp_path, monkeypatch):
    """A copy of the repository, with the outputs of `first`."""
    folder = tmp_path / "copy"
    shutil.copytree(finished, folder, symlinks=True)
    monkeypatch.chdir(folder)
    return folder


def test_workspace_tells_params_that_were_changed_and_not_run(workspace):
    assert experiments_data.read("workspace").faults == []
    values = runs.params(("iter1", "iter2"), epochs=9, warmup=0.1) | {"note": "no stage reads it"}
    (workspace / "params.yaml").write_text(yaml.safe_dump(values))
    assert experiments_data.read("workspace").faults == [
        "params.yaml is not what its numbers were measured with: "
        "iterations.iter2, train.epochs, train.warmup, iterations.iter2.parent."
    ]


def test_leftovers_in_the_lock_are_no_settings(workspace):
    lock = yaml.safe_load((workspace / "dvc.lock").read_text())
    lock["stages"]["evaluate@gone"] = {
        "deps": [{"path": "gone.txt", "md5": "0" * 32}], "params": {"params.yaml": {"train": {"epochs": 1}}},
    }  # fmt: skip
    lock["stages"]["gone"] = lock["stages"]["evaluate@gone"]
    (workspace / "dvc.lock").write_text(yaml.safe_dump(lock))
    found = experiments_data.read("workspace")
    assert (list(found.code), found.faults) == (["code.txt"], [])


def test_broken_file_is_named(workspace):
    (workspace / "reports" / "accuracy.csv").write_text("iteration,low\niter1,wide\n")
    with pytest.raises(RecordsError, match=r"^workspace: reports/accuracy\.csv:2: depth: "):
        experiments_data.read("workspace")
    (workspace / "reports" / "accuracy.csv").unlink()
    (workspace / "dvc.lock").write_text("<<<<<<< ours\n")
    with pytest.raises(RecordsError, match=r"^workspace: "):
        experiments_data.read("workspace")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["first", "mroe"], r"mroe: no such experiment or revision; the nearest names are more, "),
        (["first", "empty"], r"empty: no reports/accuracy.csv there: no finished run of the pipeline"),
        (["first"], r"give two experiments or more"),
        (["first", "first"], r"give two experiments or more"),
    ],
    ids=["unknown", "no-run", "one", "one-twice"],
)
@pytest.mark.usefixtures("repository")
def test_fault_is_one_line_and_no_page(tmp_path, names, message):
    out = tmp_path / "page.html"
    with pytest.raises(SystemExit, match=rf"^error: experiments: {message}") as stopped:
        experiments.main([*names, "--out", str(out)])
    assert "\n" not in str(stopped.value.code)
    assert not out.exists()


def test_name_that_two_commits_have_an_experiment_of_asks_for_a_commit(workspace):
    ref = subprocess.run(["git", "for-each-ref", "--format=%(refname)", "refs/exps"], capture_output=True, text=True)
    [more] = [line for line in ref.stdout.split() if line.endswith("/more")]
    for parent in ("empty~0", "first~0"):
        sha = subprocess.run(["git", "rev-parse", parent], capture_output=True, text=True).stdout.strip()
        run(workspace, "git", "update-ref", f"refs/exps/{sha[:2]}/{sha[2:]}/twice", more)
    run(workspace, "git", "commit", "-q", "--allow-empty", "-m", "newer")
    with pytest.raises(SourceError, match="twice: several experiments have this name"):
        experiments_data.read("twice")


def test_no_remote_is_asked(workspace):
    run(workspace, "dvc", "remote", "add", "-d", "store", "ssh://127.0.0.1:1/nowhere")
    shutil.rmtree("data")
    shutil.rmtree(".dvc/cache")
    found = experiments_data.read("workspace").predictions
    assert found == dict.fromkeys(("base", "iter1"), "outputs are not in DVC's cache")


def made(name, types=(), **of_models):
    """An experiment with these predictions by model, behind a base that solves nothing."""
    measured = runs.results({"base": BASE} | of_models, types)
    return Experiment(
        name=name, params={}, code={}, accuracy=tables.accuracy(measured), types=[], minutes=None,
        paid={"dollars": 0.0, "input_tokens": 0, "output_tokens": 0}, predictions={"base": BASE} | of_models, faults=[],
        families=measured.families,
    )  # fmt: skip


def rendered(*found):
    texts = outline(experiments_page.render(found)).texts
    return {kind: [plain(text) for text in of_kind] for kind, of_kind in texts.items()}


def test_first_that_is_the_best_is_compared_with_the_next():
    texts = rendered(made("a", iter1=MORE), made("b", iter1=FIRST), made("c", iter1=LOST))
    assert texts["h1"] == ["a solves the most problems, 90.0 %; c solves 60.0 %."]
    assert texts["strong"][:2] == ["a", "+30.0 points"]


def test_equal_experiments_are_told_as_such():
    texts = rendered(made("a", iter1=FIRST), made("b", iter1=FIRST))
    assert texts["h1"] == ["a and b solve equally many of the problems, 50.0 %."]
    assert texts["strong"][2:] == ["No measurable change", "not timed, $0.00"]
    assert "All params are the same." in texts["p"]


def test_best_is_chosen_on_the_development_set():
    dev = {
        name: runs.predictions("iter1", solved, problem_set="dev/sums") for name, solved in (("a", (1, 2)), ("b", (1,)))
    }
    texts = rendered(made("a", iter1=FIRST + dev["a"]), made("b", iter1=MORE + dev["b"]))
    assert texts["h1"] == ["a solves the most problems, 10.0 %; b solves 5.0 %."]
    assert "dev/sums: problems to tune on" in texts["dd"][0]


def test_last_models_are_compared_though_their_names_differ():
    second = runs.predictions("alt", range(15))
    rows = rendered(made("a", iter1=FIRST), made("b", iter1=FIRST, alt=second))["tr"]
    assert [row for row in rows if row.startswith("balt against iter1test/sums75.0 %50.0 %+25.0")]
    assert "test/sums, alt75.0 % 53.1 to 88.8" in rows


def test_base_is_compared_where_it_is_another():
    other = replace(made("b", iter1=FIRST), predictions={"base": runs.predictions("base", (1,)), "iter1": FIRST})
    rows = rendered(made("a", iter1=FIRST), other)["tr"]
    assert [row for row in rows if row.startswith("bbase")]
    assert not [
        row for row in rendered(made("a", iter1=FIRST), made("b", iter1=FIRST))["tr"] if row.startswith("bbase")
    ]


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        (runs.predictions("iter1", range(10), engine="vllm"), "not paired: written by transformers and vllm"),
        (runs.predictions("iter1", range(10), problem_set="ood/sums"), None),
        (FIRST[:5], "no measurable change, 5 problems in common"),
        ([replace(row, problem_id=f"other {row.problem_id}") for row in FIRST], "not paired: no problem in common"),
    ],
    ids=["two-engines", "another-set", "some-in-common", "none-in-common"],
)
def test_row_tells_why_or_on_how_many_problems_it_is_paired(rows, note):
    found = [row for row in rendered(made("a", iter1=FIRST), made("b", iter1=rows))["tr"] if row.startswith("biter1")]
    assert len(found) == (0 if note is None else 1)
    assert all(note in row for row in found)


def test_set_that_one_experiment_alone_was_measured_on_has_a_row_and_no_chart():
    more = [*FIRST, *runs.predictions("iter1", (1, 2), problem_set="ood/sums")]
    texts = rendered(made("a", iter1=FIRST), made("b", iter1=more))
    assert texts["figcaption"] == ["test/sums: new problems of the kinds trained on"]
    assert "ood/sums, iter110.0 % 2.8 to 30.1" in texts["tr"]


def test_several_sets_of_a_role_are_paired_pooled_too():
    def on_two(solved):
        return [*runs.predictions("iter1", solved), *runs.predictions("iter1", solved, problem_set="test/products")]

    both = [made("a", iter1=on_two(range(10))), made("b", iter1=on_two(range(2, 20)))]
    pooled = [one.accuracy[-1]._replace(problem_set="test", scored=40) for one in both]
    found = [replace(one, accuracy=[*one.accuracy, row]) for one, row in zip(both, pooled, strict=True)]
    [row] = [row for row in rendered(*found)["tr"] if row.startswith("biter1test90.0 %50.0 %+40.0")]
    # 20 fixed and 4 broken: 2 (1 + 24 + 276 + 2024 + 10626) / 2^24
    assert row.endswith("0.0015better204")


def test_page_runs_no_script_and_names_up_to_ten_experiments_below_the_chart():
    html = experiments_page.render([made(f"e{number}", iter1=FIRST) for number in range(10)])
    assert "script" not in html
    assert [html.count(f'text-anchor="middle">e{number}</text>') for number in range(10)] == [1] * 10


def test_accuracy_of_several_tries_is_told_to_be_their_mean():
    tries = [replace(row, sample=sample) for row in FIRST for sample in (0, 1)]
    assert (
        "Accuracy, with its 95 % interval: the mean of several tries"
        in rendered(made("a", iter1=tries), made("b", iter1=tries))["caption"]
    )
    assert "Accuracy, with its 95 % interval" in rendered(made("a", iter1=FIRST), made("b", iter1=FIRST))["caption"]


def test_report_that_was_written_before_there_were_several_tries_is_read(workspace):
    path = workspace / "reports" / "accuracy.csv"
    path.write_text("\n".join(",".join(line.split(",")[:8]) for line in path.read_text().splitlines()))
    rows = experiments_data.read("workspace").accuracy
    assert [(row.iteration, row.correct, row.samples, row.majority) for row in rows] == [
        ("base", 0, 1, None), ("iter1", 10, 1, None),
    ]  # fmt: skip
