"""Disk errors in one line for the user: the disk is full, or the file is not theirs to write.

Libraries wrap a full disk in errors of their own, whose texts are read too: `SafetensorError: ... (os error 28)`,
SQLite's `database or disk is full`, and torch's remark that its file came out short.
"""

import errno
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FULL = {
    errno.ENOSPC: "no space is left on that disk; free some (docs/troubleshooting.md says what can go)",
    errno.EDQUOT: "the quota of that disk is used up; free some space (docs/troubleshooting.md says what can go)",
    errno.EFBIG: "the file is larger than is allowed; see `ulimit -f`, or take another disk",
}
_REFUSED = {
    errno.EACCES: "permission denied; `ls -l` shows whose it is",
    errno.EPERM: "the system does not permit that; `ls -l` shows whose it is",
    errno.EROFS: "that file system is read-only; work where you can write",
}
_IN_WORDS = re.compile(r"\(os error (\d+)\)|inline_container\.cc.*unexpected pos|iostream error")


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Add the name of `path` to a system error that names no file, such as that of a write."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise


def fault(error: Exception) -> str | None:
    """Return a disk error and its remedy in one line, or None for an error of another kind."""
    full = [cause for cause in _chain(error) if _number(cause) in _FULL]
    if full:
        # Closing the file often fails in turn, without a name.
        name = next(filter(None, map(_name, full)), "writing a file")
        return f"{name}: {_FULL[_number(full[0])]}; then run the same command again: finished work is kept"
    if isinstance(error, OSError) and error.filename and error.errno in _REFUSED:
        return f"{_name(error)}: {_REFUSED[error.errno]}"
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, its causes, and the members of an exception group."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for part in error.exceptions:
                yield from _chain(part)
        error = error.__cause__ or error.__context__


def _number(error: BaseException) -> int:
    """Return the system's error number, or 0 without one."""
    if isinstance(error, OSError):
        return error.errno or 0
    if isinstance(error, sqlite3.Error):
        return errno.ENOSPC if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL else 0
    words = _IN_WORDS.search(str(error))
    return int(words[1] or errno.ENOSPC) if words else 0


def _name(error: BaseException) -> str | None:
    name = (error.filename2 or error.filename) if isinstance(error, OSError) else None
    return os.fsdecode(name) if name else None
