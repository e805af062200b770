"""Where and with what a run was made: `reports/provenance.json`.

    {"git": {"changed": false, "commit": "00cd…"}, "instructor": {"provider": "symbolic"},
     "machine": {"cores": 2, "gpus": [], "processor": "…", …}, "packages": {"torch": "2.13.0", …}, "python": "3.11.2",
     "stages": {"train@iter1": {"finished": "2026-11-25T11:08:03+00:00", "seconds": 301.2}, …}, "untimed": [],
     "written": "…"}

The `report` stage writes it beside its outputs. It is neither an output nor a dependency of any stage: DVC compares
outputs, and this one differs each time. It is committed, because results are hard to trust without it.
"""

import csv
import os
import platform
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from stages.instructor.request_cache import RequestCache
from stages.pipeline import runtime, times
from stages.pipeline.files import read_json
from stages.pipeline.params import read_yaml

Provenance = dict[str, Any]


def collect(iterations: Iterable[str], paid: Mapping[str, Any]) -> Provenance:
    """Describe this run, with the times of the stages that are of no other iteration than the given ones.

    `paid` is the account of all requests to the instructor (the total of `usage.collect`). `untimed` names the stages
    whose run is not in the journal, such as those whose outputs were pulled.
    """
    stages = _stages(iterations)
    timed = times.latest(stages)
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


def _stages(iterations: Iterable[str]) -> list[str]:
    """Return the names of DVC's stages in the order of dvc.yaml, without `report` itself, which is still running."""
    entries = [item for item in read_yaml(Path("dvc.yaml"))["stages"].items() if item[0] != "report"]
    names = list(iterations)
    return [
        stage
        for name, entry in entries
        for stage in ([f"{name}@{iteration}" for iteration in names] if "foreach" in entry else [name])
    ]


def _git() -> dict[str, Any]:
    """Return the commit that the work tree stands on, and whether tracked files outside reports differ from it."""
    commit = _output("git", "rev-parse", "HEAD")
    results = [":!reports", ":!metrics", ":!dvc.lock"]
    changed = _output("git", "status", "--porcelain", "--untracked-files=no", "--", ".", *results)
    return {"commit": commit or None, "changed": bool(changed)}


def _packages() -> dict[str, str]:
    """Return the installed versions of the packages that the project depends on, those of no extra."""
    named = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    names = sorted(re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0] for requirement in named)
    return {name: metadata.version(name) for name in names}


def _machine() -> dict[str, Any]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "gpus": _gpus(),
    }


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*:\s*(.+)$", path.read_text(), re.MULTILINE) if path.exists() else None
    return found[1] if found else platform.processor()


def _gpus() -> list[str]:
    """Ask NVIDIA's own tool: importing torch for this would take seconds."""
    listed = _output("nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader")
    return [", ".join(cell.strip() for cell in row) for row in csv.reader(listed.splitlines())]


def instructed_by(provenance: Provenance) -> str:
    """Say in a line who the instructor was and what it cost."""
    told = provenance["instructor"]
    if told["provider"] == "symbolic":
        return "symbolic; no paid model was asked"
    served = f" (served as {', '.join(told['served'])})" if told["served"] else ""
    money = "no price known" if told["paid"]["dollars"] is None else f"${told['paid']['dollars']:.2f}"
    return f"{told['model']}{served}, {told['paid']['requests']} requests, {money}"


def _instructor(paid: Mapping[str, Any]) -> dict[str, Any]:
    """Return the provider; of a model also its name, the names under which the server answered, and what it cost."""
    section = read_yaml(Path("params.yaml"))["instructor"]
    provider = section["provider"]
    if provider == "symbolic":
        return {"provider": provider}
    model = section[provider]["model"]
    with RequestCache(runtime.scratch("requests.sqlite")) as cache:
        return {"provider": provider, "model": model, "served": cache.served(model), "paid": dict(paid)}


def _output(*command: str) -> str:
    """Return what a command prints; nothing where it is not installed or fails."""
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
