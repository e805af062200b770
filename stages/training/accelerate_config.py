"""The file of `runtime.accelerate_config`, which tells `accelerate launch` how processes share a model.

    distributed_type: FSDP
    num_machines: 1
    fsdp_config: {fsdp_version: 2, fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP}

Accelerate itself fails late, and on an unknown key of `fsdp_config` not at all, so the file is checked here.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from stages.core.exceptions import ParamsError
from stages.core.params import read_yaml

_TYPES = ("FSDP", "MULTI_GPU")


@dataclass(frozen=True)
class AccelerateConfig:
    """A checked file: its path, and the number of machines."""

    path: Path
    machines: int


def read(path: Path, processes: int) -> AccelerateConfig:
    """Read and check a file for `processes` on all machines together.

    Raises:
        ParamsError: there is no such file, or it has an unknown key or a wrong value.
    """
    where = f"params.yaml: runtime.accelerate_config: {path}"
    if not path.is_file():
        raise ParamsError(f"{where}: no such file")
    values = read_yaml(path)
    machines = values.get("num_machines", 1)
    faults = [*_unknown(values), *_wrong(values, machines, processes)]
    if faults:
        raise ParamsError(f"{where}: {'; '.join(faults)}")
    return AccelerateConfig(path, machines)


def in_shards() -> bool:
    """Tell whether this is one of the processes of `accelerate launch` that hold a model in shards."""
    return os.environ.get("ACCELERATE_USE_FSDP") == "true"


def _unknown(values: dict[str, object]) -> list[str]:
    from accelerate.commands.config.config_args import ClusterConfig  # heavy, as is the next
    from accelerate.commands.launch import launch_command_parser

    options = vars(launch_command_parser().parse_args(["script"]))
    inner = values.get("fsdp_config") or {}
    if not isinstance(inner, dict):
        return ["fsdp_config must be a mapping"]
    unknown = [key for key in values if key not in ClusterConfig.__dataclass_fields__]
    # As the launcher reads them: with or without their prefix.
    unknown += [f"fsdp_config.{key}" for key in inner if f"fsdp_{key.removeprefix('fsdp_')}" not in options]
    return [f"unknown key `{key}`" for key in unknown]


def _wrong(values: dict[str, object], machines: object, processes: int) -> list[str]:
    faults = []
    if values.get("compute_environment", "LOCAL_MACHINE") != "LOCAL_MACHINE":
        faults.append("compute_environment must be LOCAL_MACHINE")
    if values.get("distributed_type") not in _TYPES:
        faults.append(f"distributed_type must be {' or '.join(_TYPES)}, not {values.get('distributed_type')!r}")
    if type(machines) is not int or machines < 1 or processes % machines:
        faults.append(f"num_machines must divide runtime.processes {processes}, and {machines!r} does not")
    return faults
