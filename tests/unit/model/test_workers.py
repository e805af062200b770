"""Generation and selection on a real Ray cluster of two nodes on this machine, each with one CPU."""

import os
import random
import signal
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest

from stages.core.exceptions import ClusterError, SourceError
from stages.core.runtime import RayRuntime, Runtime
from stages.model import inference
from stages.model import ray_cluster as clusters
from stages.model.generation import GenerationParams, generate_all
from stages.model.workers import OnCluster
from stages.selection import trials
from stages.selection.ranking import rank
from stages.selection.scores.interface import untried
from stages.selection.settings import Keep, SelectionParams
from stages.selection.trial_cases import TrialCases
from tests import ray_nodes
from tests.unit.selection.outcomes import one_each
from tests.waiting import wait_for

PARAMS = GenerationParams(6, True)
PROMPTS = {
    f"k{n}": "How much is " + " and ".join(str(n + i) for i in range(1 + n % 7)) + chr(65 + n) for n in range(40)
}
ONE_CPU = {"CPU": 1.0}


@pytest.fixture(scope="module")
def cluster():
    """A head and a second node."""
    ray = pytest.importorskip("ray")
    with ray_nodes.nodes() as nodes:
        nodes.second = nodes.add()
        yield nodes
        ray.shutdown()


@pytest.fixture
def speed(cluster):
    def make(workers):
        params = RayRuntime(cluster.address, workers, ONE_CPU) if workers else None
        return Runtime(1, "auto", 1, None, 200, "transformers", None, None, params)

    return make


def generate(target, speed, **changes):
    with inference.open_workers(target, "bfloat16", PARAMS, speed) as chosen:
        return generate_all(
            chosen, PROMPTS, **{"fingerprint": "f", "max_new_tokens": 6, "batch_tokens": 200, "title": "t"} | changes
        )


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [None, 0.8])
def test_generations_are_the_same_in_this_process_on_one_worker_and_on_two(speed, tiny_target, temperature):
    here, one, two = (
        generate(tiny_target, speed(count), fingerprint=str(count), temperature=temperature) for count in (0, 1, 2)
    )
    assert len(set(here.values())) > 10
    assert list(one.items()) == list(here.items())
    assert list(two.items()) == list(here.items())


@pytest.mark.slow
def test_journal_of_a_run_in_this_process_is_that_of_the_cluster(speed, tiny_target, scratch_folder):
    here = generate(tiny_target, speed(0))
    (journal,) = (scratch_folder / "journal").iterdir()
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:8]))
    assert generate(tiny_target, speed(2)) == here
    assert set(journal.read_bytes().splitlines(keepends=True)) == set(lines)


@pytest.mark.slow
@pytest.mark.parametrize("score", ["likelihood", "accuracy"])
def test_scores_are_the_same_in_this_process_on_one_worker_and_on_two(
    speed, tiny_target, score, chat, make_case, make_candidate
):
    section = SelectionParams(score, 4, 2, Keep("fraction", 0.3, "all"))
    cases = [make_case(f"b{n}", f"How much is {n} + {n}?", f"{n} + {n} = {2 * n}\n#### {2 * n}") for n in range(4)]
    good = [make_case("g1", "And 7?", "#### 7", "7")]
    trial_cases = TrialCases(cases, good, {case.id: "t" for case in cases})
    candidates = [make_candidate(f"c{n}", f"What is {n} times {'two ' * (n % 5)}?") for n in range(12)]
    scores = []
    for count in (0, 1, 2):
        settings = trials.TrialSettings(section, chat, f"f{count}", 6, 200)
        inputs = untried(candidates, trial_cases, one_each(candidates), {}, random.Random(0))
        with inference.open_workers(tiny_target, "float32", PARAMS, speed(count)) as chosen:
            inputs = trials.run_trials(chosen, inputs, settings)
        scores.append(rank(inputs, section))
    here, one, two = scores
    assert here == one == two


class Holding:
    """Passes on to a real engine, and notes each batch that it begins.

    The third batch of the second node's worker is held until that worker is killed; meanwhile the other worker waits
    with its own third one, so that both have had some. Nothing is held again after that.
    """

    def __init__(self, engine, folder):
        self._engine = engine
        self._folder = folder
        self._begun = 0

    def __getattr__(self, name):
        return getattr(self._engine, name)

    def generate(self, prompts):
        with (self._folder / "begun").open("a") as file:
            file.write(f"{prompts[0]}\n")
        self._begun += 1
        held = self._folder / "held"
        if self._begun == 3 and not held.exists():
            if os.environ[ray_nodes.NODE] == "1":
                being_written = self._folder / "held.part"
                being_written.write_text(str(os.getpid()))
                being_written.rename(held)
                time.sleep(300)
                raise AssertionError("nobody killed this worker")
            wait_for(held.exists)
        return self._engine.generate(prompts)


@contextmanager
def open_holding(folder, target):
    here = Runtime(1, "cpu", 1, None, 1, "transformers", None, None, None)
    with inference.open_engine(target, "bfloat16", PARAMS, here) as engine:
        yield Holding(engine, folder)


class Killing(OnCluster):
    """A cluster on which something is killed while the worker of the second node holds a batch."""

    def __init__(self, target, speed, folder, kill):
        super().__init__(target, partial(open_holding, folder), speed.ray, 4096)
        self.killed = None
        self._held = folder / "held"
        self._kill = kill

    def each(self, work, units):
        for done in super().each(work, units):
            yield done
            if not self.killed and self._held.exists():
                self.killed = int(self._held.read_text())
                self._kill(self.killed)


def exit_at_once(_, status):
    os._exit(status)


@contextmanager
def open_nothing():
    yield ()


@pytest.mark.slow
def test_unit_that_kills_every_worker_ends_the_run(speed, monkeypatch):
    monkeypatch.setattr(clusters, "_ATTEMPTS", 3)
    with pytest.raises(
        ClusterError, match=r"runtime\.ray: .*unavailable.*finished work is kept: run the same command again"
    ):
        list(clusters.run(speed(1).ray, open_nothing, exit_at_once, [1]))


@pytest.mark.slow
def test_worker_that_does_not_see_the_model_says_where_it_looked(speed, tiny_target, tmp_path):
    target = replace(tiny_target, adapter=tmp_path / "elsewhere")
    with pytest.raises(SourceError, match=r"worker on .* finds no model in .*elsewhere; the workspace must lie on a"):
        generate(target, speed(1))


@pytest.mark.slow
@pytest.mark.parametrize("what", ["worker", "node"])
def test_what_is_killed_costs_the_batch_it_had_in_hand(cluster, speed, tiny_target, tmp_path, what):
    expected = generate(tiny_target, speed(0), fingerprint="expected", batch_tokens=60)

    def kill(worker):
        if what == "node":
            cluster.kill(cluster.second)
        else:
            os.kill(worker, signal.SIGKILL)

    chosen = Killing(tiny_target, speed(2), tmp_path, kill)
    made = generate_all(chosen, PROMPTS, fingerprint=what, max_new_tokens=6, batch_tokens=60, title="t")
    assert chosen.killed
    assert list(made.items()) == list(expected.items())
    begun = Counter((tmp_path / "begun").read_text().splitlines())
    assert begun.total() == len(begun) + 1
