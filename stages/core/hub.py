"""What can go wrong between this project and a hub."""


def failures() -> tuple[type[Exception], ...]:
    """Return what huggingface_hub raises: a refusal, a hub out of reach, a name that is none, a broken transfer."""
    from huggingface_hub import errors  # 0.5 s

    unreachable = errors.HTTPError  # type: ignore[attr-defined]  # of whatever HTTP library this release uses
    return (unreachable, OSError, ValueError, RuntimeError)
