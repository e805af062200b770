"""The project's errors: what a user can mend, as opposed to bugs, which keep their traceback.

SeiError
├── ParamsError    params.yaml: a value, a key, a section or an iteration is wrong
├── RecordsError   a data file: names file, line and field
├── TrainingError  what goes into training or comes out of it is not what it should be
├── SourceError    a model or a problem source cannot be had or is not what was asked for
├── ClusterError   a Ray cluster does not answer or cannot do its work
└── BusyError      another copy of the same stage is running
"""


class SeiError(Exception):
    """An expected failure; its text is one line that says what failed, where, and what to do."""


class ParamsError(SeiError):
    """A value, key, section or iteration of params.yaml is wrong."""


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
