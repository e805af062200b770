"""The openai engine against a server that nobody here wrote: `transformers serve`, which takes text and has no echo."""

import pytest

from stages.core import runtime
from stages.model import inference
from stages.model.engines.shared_prefix import SharedPrefixEngine
from stages.model.generation import GenerationParams
from tests.model_servers import transformers_serve

pytestmark = pytest.mark.slow

START = 600.0  # seconds; half a minute on an idle machine
PROMPTS = ["a", "How many apples are left in the basket?", "1 + 1 =", "<|im_start|>user\nTwo?<|im_end|>\n", "é€"]


@pytest.fixture(scope="module")
def base_url(tiny_base, tmp_path_factory):
    with transformers_serve(tiny_base, tmp_path_factory.mktemp("server") / "log", START) as url:
        yield url


def test_generations_are_those_of_the_transformers_engine(base_url, tiny_target):
    served = runtime.ServedRuntime(base_url, str(tiny_target.base), "text", False, 2, 3, 120.0)
    speed = runtime.Runtime(1, "cpu", 1, None, 1000, "openai", None, served, None)
    params = GenerationParams(12, True)
    expected = SharedPrefixEngine(tiny_target, "float32", params, "cpu").generate(PROMPTS)
    with inference.open_engine(tiny_target, "float32", params, speed) as engine:
        assert engine.generate(PROMPTS) == expected
