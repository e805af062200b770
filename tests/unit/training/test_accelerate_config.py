"""Files for `accelerate launch`, checked before anything starts."""

import pytest

from stages.core.exceptions import ParamsError
from stages.training import accelerate_config


def test_checked_in_file_is_for_one_machine(request):
    path = request.config.rootpath / "configs" / "fsdp.yaml"
    assert accelerate_config.read(path, 4) == accelerate_config.AccelerateConfig(path, 1)


def test_number_of_machines_divides_the_processes(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("{distributed_type: MULTI_GPU, num_machines: 2}")
    assert accelerate_config.read(path, 8) == accelerate_config.AccelerateConfig(path, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("{distributed_type: FSDP, num_machine: 1}", "unknown key `num_machine`", id="key"),
        pytest.param(
            "{distributed_type: FSDP, fsdp_config: {fsdp_versoin: 2}}",
            r"key `fsdp_config\.fsdp_versoin`",
            id="inner-key",
        ),
        pytest.param("{distributed_type: FSDP, fsdp_config: 2}", "fsdp_config must be a mapping", id="inner-value"),
        pytest.param("{num_machines: 1}", "distributed_type must be FSDP or MULTI_GPU, not None", id="no-type"),
        pytest.param("{distributed_type: DEEPSPEED}", "must be FSDP or MULTI_GPU, not 'DEEPSPEED'", id="type"),
        pytest.param("{distributed_type: FSDP, num_machines: 3}", "num_machines must divide .* 4, and 3 does", id="3"),
        pytest.param(
            "{distributed_type: FSDP, num_machines: a}", "num_machines must divide .* 'a' does not", id="text"
        ),
        pytest.param(
            "{distributed_type: FSDP, compute_environment: AMAZON_SAGEMAKER}", "must be LOCAL_MACHINE", id="environment"
        ),
    ],
)
def test_file_that_accelerate_would_fail_on_is_refused(tmp_path, text, message):
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(ParamsError, match=rf"runtime\.accelerate_config: .*a\.yaml: .*{message}"):
        accelerate_config.read(path, 4)


def test_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ParamsError, match=r"runtime\.accelerate_config: .*none\.yaml: no such file"):
        accelerate_config.read(tmp_path / "none.yaml", 2)
