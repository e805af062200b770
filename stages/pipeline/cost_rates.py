"""What the cost model takes as given: models, machines, and what no one knows before a run. Data, each with its source.

Rates of the two cores were measured (docs/log.md). Nothing of ours was measured on a GPU: those rates are assumptions,
made from public figures for Llama 3.1 8B, and a smaller or larger model is taken to be faster or slower in proportion
to its parameters, which flatters models so small that a GPU idles between their layers.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Architecture:
    """A Llama-like model; `kv` is the width of all key (or value) heads together, `tied` shares the embeddings."""

    layers: int
    hidden: int
    intermediate: int
    kv: int
    vocabulary: int
    tied: bool

    def linear_layers(self) -> dict[str, tuple[int, int]]:
        """Return inputs and outputs of the linear layers that a LoRA adapter can be put on, in one block."""
        square, down = (self.hidden, self.hidden), (self.intermediate, self.hidden)
        narrow, up = (self.hidden, self.kv), (self.hidden, self.intermediate)
        return {
            "q_proj": square, "k_proj": narrow, "v_proj": narrow, "o_proj": square,
            "gate_proj": up, "up_proj": up, "down_proj": down,
        }  # fmt: skip

    def adapter_parameters(self, rank: int, modules: Iterable[str]) -> int:
        """Return the number of parameters of a LoRA adapter; layers of other names are left out."""
        layers = self.linear_layers()
        return self.layers * rank * sum(sum(layers[name]) for name in modules if name in layers)

    def parameters(self) -> int:
        """Return the number of parameters, norms left out."""
        block = sum(inputs * outputs for inputs, outputs in self.linear_layers().values())
        return self.layers * block + self.vocabulary * self.hidden * (1 if self.tied else 2)


ARCHITECTURES = {
    "smollm2-135m": Architecture(layers=30, hidden=576, intermediate=1536, kv=192, vocabulary=49_152, tied=True),
    "llama-3.1-8b": Architecture(layers=32, hidden=4096, intermediate=14_336, kv=1024, vocabulary=128_256, tied=False),
}


@dataclass(frozen=True)
class Machine:
    """What runs the target.

    Attributes:
        unit: what one device is called.
        devices: how many there are; work is taken to divide evenly, so that wall-clock hours are a lower bound.
        reads: tokens of prompts and completions that one device reads in a second.
        writes: tokens that it generates in a second.
        trains: tokens that it trains a LoRA adapter on in a second.
        parameters: of the model that these rates are for.
    """

    unit: str
    devices: int
    reads: float
    writes: float
    trains: float
    parameters: int

    def hours(self, read: float, written: float, trained: float, parameters: int) -> float:
        """Return the hours that one device takes for these tokens with a model of so many parameters."""
        seconds = read / self.reads + written / self.writes + trained / self.trains
        return seconds * parameters / self.parameters / 3600


def _h100s(devices: int) -> Machine:
    """Return H100 SXM cards that run Llama 3.1 8B in bfloat16; assumptions, none of them measured here.

    reads: 40 % of 989 TFLOP/s (data sheet, dense bfloat16) at 2 FLOP a parameter and token.
    writes: 5,777 tokens/s, one card with vLLM in MLPerf Inference 5.1, offline (Red Hat's submission; in FP8, with
        prompts of some 800 tokens to read besides, which ours are not).
    trains: 40 % of NVIDIA's 24,824 tokens/s a card, LoRA on Llama 2 7B, in FP8 with rows packed to 4,096 tokens
        (docs.nvidia.com/nemo-framework, performance summary of 24.12): ours are bfloat16 and short.
    """
    return Machine("GPU", devices, reads=24_600, writes=5_777, trains=9_900, parameters=8_030_000_000)


MACHINES = {
    # reads: 1,040 trials of the first select_data, 162,000 tokens in 113 s; writes: the 29,494 tokens of the first
    # predict in 83 s less reading and loading; trains: benchmarks.training. All in docs/log.md.
    "2-cores": Machine("machine", 1, reads=1_400, writes=430, trains=350, parameters=134_500_000),
    "h100": _h100s(1),
    "64-h100": _h100s(64),
}


@dataclass(frozen=True)
class Assumptions:
    """What a run only shows afterwards; `--assume NAME=VALUE` sets one.

    Attributes:
        bad_base: share of the training problems that the base model fails on (docs/log.md: 198 of 198).
        bad_later: share that a fine-tuned one fails on (163 and 154 of 198).
        base_output: tokens of one output of the base model, which may ramble; 0 stands for generation.max_new_tokens.
            A fine-tuned model writes as much as the gold solutions have.
        tried: share of the trials that early stopping leaves (1: an upper bound).
        level_at_cut: share of candidates whose likelihood decides between equal accuracies (1: an upper bound).
        above_threshold: share of candidates that select_data keeps by threshold (1: an upper bound).
        distinct: distinct keyphrases for each bad case (5,000 of 15,000 in benchmarks.clustering).
        types: error types that an instructor forms by itself.
        sound: share of drafts that pass the checks that cost nothing (260 of 275 with the symbolic instructor).
        agreed: share of those that independent solutions confirm (a guess).
        phrase: tokens of a keyphrase in a list (a guess).
        keyphrase_reply: tokens of an instructor's reply that names a mistake (a guess).
        type_reply: tokens of a reply that names a type (a guess).
        solving: tokens of an instructor's solution for each token of a gold one (a guess).
        bytes_a_token: of text (3.46 in the default run).
    """

    bad_base: float = 0.95
    bad_later: float = 0.8
    base_output: float = 0
    tried: float = 1
    level_at_cut: float = 1
    above_threshold: float = 1
    distinct: float = 1 / 3
    types: float = 20
    sound: float = 0.85
    agreed: float = 0.85
    phrase: float = 12
    keyphrase_reply: float = 80
    type_reply: float = 60
    solving: float = 1.5
    bytes_a_token: float = 3.5


# Seconds of one core, out of docs/log.md.
EMBEDDING = 0.0037  # for a distinct keyphrase, in batches of 8
KMEANS = 10.7 / 5_000  # for a distinct keyphrase, k of 3 to 12
HDBSCAN = 1.2 / 5_000  # for a distinct keyphrase
PAIR = 171 / (15_000 * (8_792 + 11_549 / 2))  # for two questions that are compared: benchmarks.novelty

# Bytes of a record beside its text, JSON and ids, in the default run.
PREDICTION = 105
TEST_PREDICTION = 179
CASE = 197
KEYPHRASE = 192 + 109  # with its assignment
CANDIDATE = 317
SCORE = 222
TRAINING_ROW = 189
TRIAL = 112  # in a journal, with a likelihood and no text
REPLY = 500  # in .sei/requests.sqlite (a guess)
VECTOR = 384 * 4 + 100  # of all-MiniLM-L6-v2, in .sei/embeddings.sqlite
