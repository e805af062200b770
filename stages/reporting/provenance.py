"""Provenance of a run, `reports/provenance.json`: commit, packages, machine, instructor, times of stages.

    {"git": {"changed": false, "commit": "00cd…"}, "instructor": {"models": {}, "provider": "symbolic", …},
     "machine": {"cores": 2, "gpus": [], "processor": "…", …}, "packages": {"torch": "2.13.0", …}, "python": "3.11.2",
     "stages": {"train@iter1": {"finished": "2026-11-25T11:08:03+00:00", "outputs": "3f0c…", "seconds": 301.2}, …},
     "untimed": [], "written": "…"}

The `report` stage writes it beside its outputs. It is no output and no dependency of any stage: DVC compares outputs,
and this file differs each time. It is committed, so that results can be trusted and the times of stages are known where
their outputs are pulled.
"""

import os
import platform
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from stages.core import runtime, times
from stages.core.files import read_json
from stages.core.metrics import Usage
from stages.core.params import read_yaml
from stages.llm.request_cache import RequestCache
from stages.reporting.markup import money

Provenance = dict[str, Any]


def collect(iterations: Iterable[str], paid: Usage, earlier: Provenance | None) -> Provenance:
    """Return the provenance of this run; `untimed` names the stages whose run is unknown.

    Args:
        iterations: names in params.yaml; stages of other iterations are left out.
        paid: usage of the instructor, in total.
        earlier: provenance of an earlier run, here or where the results were pulled from.
    """
    stages = _stages(iterations)
    timed = _times(stages, {} if earlier is None else earlier["stages"])
    return {
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "git": _git(),
        "python": platform.python_version(),
        "packages": _packages(),
        "machine": _machine(),
        "instructor": _instructor(paid),
        "stages": timed,
        "untimed": [stage for stage in stages if stage not in timed],
    }


def load(path: Path) -> Provenance | None:
    """Return a run's provenance, or None where none was written."""
    return read_json(path) if path.exists() else None


def total_seconds(provenance: Provenance) -> float:
    """Return the seconds of all stages together."""
    return float(sum(run["seconds"] for run in provenance["stages"].values()))


def by_stage(provenance: Provenance) -> dict[str, dict[str, float]]:
    """Return the seconds of each stage by iteration, the longest stage first; `""` where a stage has no iteration."""
    stages: dict[str, dict[str, float]] = {}
    for title, run in provenance["stages"].items():
        stage, _, iteration = title.partition("@")
        stages.setdefault(stage, {})[iteration] = run["seconds"]
    return dict(sorted(stages.items(), key=lambda item: -sum(item[1].values())))


def minutes(provenance: Provenance) -> dict[str, float | None]:
    """Return the minutes of each stage over all iterations, and their `total`; None where a run is unknown."""
    seconds = {stage: sum(runs.values()) for stage, runs in by_stage(provenance).items()}
    known = {stage: round(spent / 60, 2) for stage, spent in (seconds | {"total": total_seconds(provenance)}).items()}
    untimed = {title.partition("@")[0] for title in provenance["untimed"]}
    return known | dict.fromkeys(untimed | {"total"} if untimed else ())


def _stages(iterations: Iterable[str]) -> list[str]:
    """Return the names of DVC's stages in the order of dvc.yaml, without `report` itself, which is still running."""
    names = list(iterations)
    return [
        stage
        for name, entry in read_yaml(Path("dvc.yaml"))["stages"].items()
        for stage in ([f"{name}@{iteration}" for iteration in names] if "foreach" in entry else [name])
        if stage != "report"
    ]


def _times(stages: Iterable[str], earlier: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the run of each stage that wrote the outputs in dvc.lock, from the journal or else from `earlier`."""
    lock = Path("dvc.lock")
    marks = times.locked_outputs(read_yaml(lock)) if lock.exists() else {}
    known = {stage: run for stage, run in earlier.items() if run.get("outputs") == marks.get(stage, "")}
    runs = known | times.find(marks)
    return {stage: {**runs[stage], "outputs": marks[stage]} for stage in stages if stage in runs}


def _git() -> dict[str, Any]:
    """Return the checked-out commit, and whether tracked files outside reports differ from it."""
    commit = _output("git", "rev-parse", "HEAD")
    results = [":!reports", ":!dvc.lock"]
    changed = _output("git", "status", "--porcelain", "--untracked-files=no", "--", ".", *results)
    return {"commit": commit or None, "changed": bool(changed)}


def _packages() -> dict[str, str]:
    """Return the installed versions of the dependencies, without extras."""
    named = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = sorted(re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0] for requirement in named)
    return {name: metadata.version(name) for name in names}


def _machine() -> dict[str, Any]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "gpus": _gpus(),
    }


def processor() -> str:
    """Return the name of this machine's processor."""
    path = Path("/proc/cpuinfo")
    match = re.search(r"^model name\s*:\s*(.+)$", path.read_text(), re.MULTILINE) if path.exists() else None
    return match[1] if match else platform.processor()


def _gpus() -> list[str]:
    """Ask NVIDIA's own tool: importing torch for this would take seconds."""
    return _output("nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader").splitlines()


def instructed_by(provenance: Provenance) -> str:
    """Return the instructor and its cost in one line."""
    instructor = provenance["instructor"]
    models, paid = instructor["models"], instructor["paid"]

    def named(chosen: str | dict[str, str]) -> str:
        if isinstance(chosen, dict):
            return ", ".join(f"{of} {named(one)}" for of, one in chosen.items())
        model = models.get(chosen, {"name": chosen, "served": []})
        return f"{model['name']} (served as {', '.join(model['served'])})" if model["served"] else str(model["name"])

    jobs = (f"; {job}: {named(chosen)}" for job, chosen in instructor["providers"].items())
    cost = f", {paid['requests']:,} requests, {money(paid['dollars'])}" if models else "; no paid model was asked"
    return named(instructor["provider"]) + "".join(jobs) + cost


def _instructor(paid: Usage) -> dict[str, Any]:
    """Return the providers; of those with a model its name and the names that its server answered with; the usage."""
    section = read_yaml(Path("params.yaml"))["instructor"]
    chosen = {key: section[key] for key in ("provider", "providers")}
    named = [one for of in chosen["providers"].values() for one in (of.values() if isinstance(of, dict) else [of])]
    models = {name: _model(section[name]) for name in (chosen["provider"], *named) if name in section}
    found = {**chosen, "models": {}, "paid": asdict(paid)}
    if models:
        with RequestCache(runtime.scratch("requests.sqlite")) as cache:
            found["models"] = {name: {"name": one, "served": cache.served(one)} for name, one in models.items()}
    return found


def _model(section: dict[str, Any]) -> str:
    """Return a model's name on its server, or where a local one comes from."""
    if "model" in section:
        return str(section["model"])
    source = section[section["source"]]
    return str(source["parts"][0]["requirement"] if "parts" in source else source.get("id") or source["path"])


def _output(*command: str) -> str:
    """Return the output of a command, or nothing where it is not installed or fails."""
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
