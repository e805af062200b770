"""The transformers engine on the tiny model, in float32, where batching must not change anything."""

import pytest
import torch

from stages.model import checkpoints
from stages.model.engines.transformers import TransformersEngine, answer_line_criterion
from stages.model.generation import Draw, Generation, GenerationParams
from stages.model.stopping import StopRule
from tests.tiny import make_tokenizer
from tests.unit.model.engines.conftest import PAIRS, PROMPTS


@pytest.fixture(scope="module")
def engine(tiny_target):
    return TransformersEngine(tiny_target, "float32", GenerationParams(12, True), "cpu")


@pytest.fixture(scope="module")
def plain(tiny_base):
    """The same weights without the engine."""
    return checkpoints.load_base(tiny_base, "float32", "cpu").eval()


@pytest.fixture
def writing(tiny_base):
    """Return an engine whose model writes given texts, by replacing the output layer's logits row by row."""

    def make(texts, max_new_tokens=60):
        engine = TransformersEngine(
            checkpoints.Target(tiny_base, None), "float32", GenerationParams(max_new_tokens, True), "cpu"
        )
        tokenizer = make_tokenizer()
        scripts = [tokenizer(text)["input_ids"] for text in texts]
        position = iter(range(10_000))

        def dictate(_module, _inputs, logits):
            at = next(position)
            logits = torch.zeros_like(logits)
            for row, script in enumerate(scripts):
                logits[row, -1, script[at] if at < len(script) else script[-1]] = 1.0
            return logits

        engine._model.lm_head.register_forward_hook(dictate)
        return engine

    return make


def test_encode_adds_no_tokens(engine):
    # One token a byte, one for a special token: é is 2 bytes, € is 3.
    texts = ["abc", "<|im_start|>a<|im_end|>", "é€", ""]
    assert [len(tokens) for tokens in engine.encode(texts)] == [3, 3, 5, 0]


def test_batched_greedy_generation_equals_one_by_one(engine):
    assert engine.generate(PROMPTS) == [engine.generate([prompt])[0] for prompt in PROMPTS]


def test_greedy_generation_takes_the_likeliest_token_each_time(engine, plain):
    tokenizer = make_tokenizer()
    ids = tokenizer(PROMPTS[1])["input_ids"]
    written = []
    with torch.inference_mode():
        while len(written) < 12 and tokenizer.eos_token_id not in written:
            written.append(int(plain(torch.tensor([ids + written])).logits[0, -1].argmax()))
    (made,) = engine.generate(PROMPTS[1:2])
    assert made.tokens == len(written)
    assert made.text == tokenizer.decode(written, skip_special_tokens=True).strip()


def test_log_likelihood_is_the_mean_over_the_completions_tokens(engine, plain):
    prompt, completion = "1 + 1 =", " 2<|im_end|>"
    p, c = (make_tokenizer()(text)["input_ids"] for text in (prompt, completion))
    assert len(c) == 3
    with torch.inference_mode():
        logits = plain(torch.tensor([p + c])).logits[0].double()
    total = sum(float(logits[len(p) + i - 1].log_softmax(0)[token]) for i, token in enumerate(c))
    assert engine.log_likelihoods([(prompt, completion)]) == pytest.approx([total / 3], abs=1e-5)


def test_batched_log_likelihoods_equal_one_by_one(engine):
    alone = [engine.log_likelihoods([pair])[0] for pair in PAIRS]
    assert engine.log_likelihoods(PAIRS) == pytest.approx(alone, abs=1e-5)


def test_batched_log_likelihoods_equal_one_by_one_for_a_model_with_learned_positions(gpt2):
    engine = TransformersEngine(gpt2, "float32", GenerationParams(4, True), "cpu")
    alone = [engine.log_likelihoods([pair])[0] for pair in PAIRS]
    assert engine.log_likelihoods(PAIRS) == pytest.approx(alone, abs=1e-4)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        pytest.param("7<|im_end|>", Generation("7", 2, "end"), id="end-token-counts-and-is-not-text"),
        pytest.param("1+1=2\n#### 2\nmore", Generation("1+1=2\n#### 2", 13, "answer"), id="line-after-the-answer"),
        pytest.param("#### 2<|im_end|>", Generation("#### 2", 7, "end"), id="end-right-after-the-answer"),
        pytest.param("no end in sight, none", Generation("no end in sight, non", 20, "length"), id="limit"),
        pytest.param("exactly twenty toke<|im_end|>", Generation("exactly twenty toke", 20, "end"), id="end-at-limit"),
        pytest.param("twenty tokens\n#### 7", Generation("twenty tokens\n#### 7", 20, "length"), id="answer-at-limit"),
        pytest.param("<|im_end|>", Generation("", 1, "end"), id="nothing-but-the-end"),
    ],
)
def test_stop_text_and_tokens_of_a_generation(writing, script, expected):
    assert writing([script], max_new_tokens=20).generate(["Q?"]) == [expected]


def test_rows_of_a_batch_end_each_for_its_own_reason(writing):
    scripts = ["#### 5\nxxxxxxxxxxxxxxxxxxxxxxxxx", "4<|im_end|>", "abcdefghijklmnopqrstuvwxyz", "12345678\n#### 6\nx"]
    assert writing(scripts, max_new_tokens=20).generate(["Q?", "A longer question?", "?", "Q"]) == [
        Generation("#### 5", 7, "answer"),
        Generation("4", 2, "end"),
        Generation("abcdefghijklmnopqrst", 20, "length"),
        Generation("12345678\n#### 6", 16, "answer"),
    ]


def test_answer_line_of_the_prompt_does_not_end_a_generation(writing):
    made = writing(["\nseven<|im_end|>"]).generate(["#### 3\n#### 4"])
    assert made == [Generation("seven", 7, "end")]


def test_criterion_ends_only_rows_whose_answer_line_is_complete():
    tokenizer = make_tokenizer()
    rule = StopRule(tokenizer, [2], GenerationParams(20, True))
    criterion = answer_line_criterion(rule, 2, ["", "", ""])
    rows = ["Q:#### 7", "Q:1 + 6 ", "Q:#### 7"]
    assert criterion(torch.tensor(tokenizer(rows)["input_ids"]), None).tolist() == [False, False, False]
    rows = ["Q:#### 7\n", "Q:1 + 6 \n", "Q:#### 77"]
    assert criterion(torch.tensor(tokenizer(rows)["input_ids"]), None).tolist() == [True, False, False]
    rows = ["Q:#### 7\nx", "Q:1 + 6 \nx", "Q:#### 77\n"]
    assert criterion(torch.tensor(tokenizer(rows)["input_ids"]), None).tolist() == [True, False, True]
    assert criterion.done.tolist() == [True, False, True]


def test_samples_end_by_the_stop_rule(writing):
    scripts = ["#### 5\nxxxxxxxxxxxxxxxxxxxxxxxxx", "4<|im_end|>", "abcdefghijklmnopqrstuvwxyz"]
    made = writing(scripts, max_new_tokens=20).sample(["Q?", "A longer question?", "?"], Draw(1e-3, 1))
    assert [(one.text, one.stop) for one in made] == [
        ("#### 5", "answer"), ("4", "end"), ("abcdefghijklmnopqrst", "length"),
    ]  # fmt: skip
