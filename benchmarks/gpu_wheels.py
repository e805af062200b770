"""Fetch what a machine with a GPU and no network lacks for `benchmarks.gpu_checks`: wheels in .gpu-wheels, in 64 MiB.

    python -m benchmarks.gpu_wheels

They are those of configs/gpu-wheels.txt, without what they depend on, for Python 3.12 on Linux x86-64. What they
require is compared with the versions of that machine and of each other; what is in neither is listed.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from benchmarks import inputs

FOLDER = Path(".gpu-wheels")
LIMIT = 64 * 2**20  # bytes
PYTHON = "3.12"
MACHINE = {
    "accelerate": "1.15.0",
    "huggingface-hub": "1.33.0",
    "numpy": "2.5.2",
    "tokenizers": "0.23.2",
    "torch": "2.11.0",
    "transformers": "5.17.0",
    "triton": "3.6.0",
}
"""Versions that are there, as far as they are known."""
_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")


def main() -> None:
    """Download the wheels, and tell their size and what they lack."""
    inputs.parser(__doc__).parse_args()
    for old in FOLDER.glob("*.whl"):
        old.unlink()
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--python-version", PYTHON, "--implementation", "cp"]
    command += [option for platform in _PLATFORMS for option in ("--platform", platform)]
    subprocess.run([*command, "--dest", str(FOLDER), "--requirement", "configs/gpu-wheels.txt"], check=True)
    wheels = sorted(FOLDER.glob("*.whl"))
    size = sum(wheel.stat().st_size for wheel in wheels)
    print(f"{FOLDER}: {len(wheels)} wheels, {size / 2**20:.1f} MiB")
    refused, absent = requirements(wheels, MACHINE)
    print(f"not among them, and to be there or left out: {', '.join(absent)}")
    if size > LIMIT:
        refused.append(f"{FOLDER}: more than {LIMIT >> 20} MiB")
    sys.exit("\n".join(refused) or None)


def requirements(wheels: Sequence[Path], machine: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return a line for each version that a wheel refuses, and the names that are neither wheels nor on the machine."""
    found = {**machine, **dict(map(_identity, wheels))}
    wanted = [(wheel.name, one) for wheel in wheels for one in _required(wheel)]
    absent = {canonicalize_name(one.name) for _, one in wanted} - found.keys()
    return [
        f"{wheel}: wants {one.name} {one.specifier}, and it is {version}"
        for wheel, one in wanted
        if (version := found.get(canonicalize_name(one.name))) and not one.specifier.contains(version)
    ], sorted(absent)


def _identity(wheel: Path) -> tuple[str, str]:
    name, version, *_ = parse_wheel_filename(wheel.name)
    return name, str(version)


def _required(wheel: Path) -> Iterator[Requirement]:
    with ZipFile(wheel) as files:
        (path,) = (name for name in files.namelist() if name.endswith(".dist-info/METADATA") and name.count("/") == 1)
        lines = message_from_bytes(files.read(path)).get_all("Requires-Dist") or []
    there = {"extra": "", "python_version": PYTHON, "python_full_version": f"{PYTHON}.3", "sys_platform": "linux"}
    for one in map(Requirement, lines):
        if one.marker is None or one.marker.evaluate({**there, "platform_machine": "x86_64"}):
            yield one


if __name__ == "__main__":
    main()
