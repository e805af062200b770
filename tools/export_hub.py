"""The two repositories of an export, on the hub that `HF_ENDPOINT` names."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stages.core import hub
from stages.core.exceptions import SourceError, one_line


def data_repository(name: str) -> str:
    """Return the repository of the training set beside that of the model."""
    return f"{name}-data"


def create(name: str, *, public: bool) -> None:
    """Create the repositories where they are not there yet; those that are there keep who may read them.

    Raises:
        SourceError: nobody is logged in, they cannot be had, or one is public and should not be.
    """
    from huggingface_hub import HfApi, get_token  # 0.5 s

    if not get_token():
        raise SourceError("--push: nobody is logged in to the hub; run `hf auth login`, or set HF_TOKEN")
    for kind, repository in _repositories(name).values():
        with _asking(repository):
            HfApi().create_repo(repository, repo_type=kind, private=not public, exist_ok=True)
            private = HfApi().repo_info(repository, repo_type=kind).private
        if not public and not private:
            raise SourceError(f"--push: {repository} is public already; give --public too, or another name")


def upload(name: str, out: Path) -> None:
    """Commit the files of an export in `out`.

    Raises:
        SourceError: the hub does not take them; it says how to try again.
    """
    from huggingface_hub import HfApi  # 0.5 s

    for folder, (kind, repository) in _repositories(name).items():
        again = f"; try again with `hf upload --repo-type {kind} {repository} {out / folder}`"
        with _asking(repository, again):
            HfApi().upload_folder(
                repo_id=repository, repo_type=kind, folder_path=out / folder, commit_message=f"Upload {out.name}"
            )


def _repositories(name: str) -> dict[str, tuple[str, str]]:
    """Return the kind and the name of the repository for each folder of an export."""
    return {"model": ("model", name), "data": ("dataset", data_repository(name))}


@contextmanager
def _asking(repository: str, again: str = "") -> Iterator[None]:
    """Turn what the hub answers, or that it does not, into an error of ours."""
    try:
        yield
    except hub.failures() as error:
        raise SourceError(f"--push: {repository}: {one_line(error)}{again}") from error
