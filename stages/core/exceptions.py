"""The project's errors: what a user can mend, as opposed to bugs, which keep their traceback.

SeiError
├── ParamsError    params.yaml: a value, a key, a section or an iteration is wrong
├── RecordsError   a data file: names file, line and field
├── TrainingError  what goes into training or comes out of it is not what it should be
├── SourceError    a model or a problem source cannot be had or is not what was asked for
├── ClusterError   a Ray cluster does not answer or cannot do its work
└── BusyError      another copy of the same stage is running
"""


def one_line(text: object) -> str:
    """Return a text, or what an error says, with each stretch of white space made one blank, fit for any file."""
    return " ".join(str(text).split()).encode("utf-8", "replace").decode()


class SeiError(Exception):
    """An expected failure; its text says what failed, where, and what to do, in one line for each fault."""


class ParamsError(SeiError):
    """Values, keys, sections or iterations of params.yaml are wrong; each fault is a line."""

    def __init__(self, *faults: str) -> None:
        """Take one line for each fault, with its place in the file."""
        self.faults = faults
        super().__init__("\n".join(faults))


class RecordsError(SeiError):
    """A data file does not hold what it should."""


class TrainingError(SeiError):
    """What goes into training, or comes out of it, is not what it should be."""


class SourceError(SeiError):
    """A model or a problem source cannot be had, or is not what was asked for."""


class BusyError(SeiError):
    """Another process runs the same stage in the same workspace."""


class ClusterError(SeiError):
    """A Ray cluster does not answer, or cannot do its work."""
