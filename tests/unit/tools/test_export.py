"""What is exported loads with the libraries that users load it with, and is the model that was measured."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml

from stages.core.exceptions import ParamsError, RecordsError
from stages.core.files import directory_hash, read_json, write_json, write_records
from stages.core.metrics import TrainingCounts
from stages.core.records import TrainingRow
from stages.core.verdict import Verdict
from stages.model import checkpoints
from stages.model.checkpoints import CARD
from stages.model.sources import LocalModel, from_disk
from stages.training import cards
from stages.training.settings import DpoSettings, LoraSettings, TrainSettings
from tests.gguf_files import make_model, write_gguf
from tests.hub_server import COMMIT, TOKEN, hub
from tests.tiny import write_adapter, write_model
from tests.unit.conftest import ROOT
from tools import export, export_cards

EVALUATION = {"verdicts": {}, "mistakes": {}, "tokens": 7, "engine": "transformers", "samples": 1, "rates": []}
EVALUATION |= {"majority": None}
CHANGE = {"mistakes": {}, "changes": [], "p": 0.25, "measurable": False}
LORA = LoraSettings(rank=4, alpha=32, dropout=0.0, target_modules=["q_proj", "v_proj", "up_proj"])
DPO = DpoSettings(beta=0.1, epochs=1.0, learning_rate=0.00005)
SETTINGS = TrainSettings("sft", "trl", "base", 1.0, 0.01, 0.0, 2, 512, 0.0, "last", "float32", None, LORA, DPO)


def evaluation(problems, correct, accuracy, interval):
    return EVALUATION | {
        "problems": problems, "scored": problems, "correct": correct, "accuracy": accuracy, "interval": interval,
    }  # fmt: skip


def comparison(problems, fixed, difference, interval):
    change = CHANGE | {"problems": problems, "fixed": fixed, "broken": 0, "difference": difference}
    return dict.fromkeys(("base", "parent"), change | {"interval": interval})


@pytest.fixture
def project(tmp_path, tiny_base, template, monkeypatch, records):
    """A folder laid out as a finished run leaves it, with an adapter that changes what the model writes."""
    monkeypatch.chdir(tmp_path)
    Path("models").mkdir()
    Path("models/base").symlink_to(tiny_base)
    add_adapter(tiny_base)
    records(Path("data"))
    none = evaluation(0, 0, None, [0.0, 1.0])
    write_json(Path("metrics/base/evaluate.json"), {"test": evaluation(4, 1, 0.25, [0.05, 0.7]), "ood/none": none})
    write_json(Path("metrics/iter1/evaluate.json"), {"test": evaluation(4, 3, 0.75, [0.3, 0.95]), "ood/none": none})
    compared = {"test": comparison(4, 2, 0.5, [0.0, 1.0]), "ood/none": comparison(0, 0, None, [-1.0, 1.0])}
    write_json(Path("metrics/iter1/compare.json"), compared)
    write_json(Path("metrics/iter1/train.json"), TrainingCounts(2, 0, 30, 0.5, 8, 8, None, None))
    write_params(template)
    return tmp_path


def add_adapter(base):
    write_adapter(Path("models/iter1"), base)
    write_json(Path("models/iter1") / CARD, {"kind": "adapter"})
    card = cards.trained("iter1", Path("models/base"), SETTINGS, TrainingCounts(2, 0, 30, 0.5, 8, 8, None, None))
    Path("models/iter1/README.md").write_text(card)


def write_params(template, chat=None, **sections):
    values = yaml.safe_load((ROOT / "params.yaml").read_text()) | {"dtype": "float32"} | sections
    values["chat"] |= {"file": str(template)} | (chat or {})
    Path("params.yaml").write_text(yaml.safe_dump(values))


@pytest.fixture
def records(make_row, make_case, make_candidate, make_type, make_keyphrase, make_problem):
    """Write a training set of a new problem and a replayed one, and what they came from."""

    def write(data):
        replayed = {"candidate_id": None, "solution_id": None, "error_type_id": None, "good_case_id": "g1"}
        solved = replace(make_row("b", question="Solved?"), **replayed, author="target", certificate="gold")
        write_records(data / "iter1/training_set.jsonl", [make_row("a"), solved])
        write_records(data / "iter1/selected.jsonl", [make_candidate("candidate-a")])
        write_records(data / "iter1/bad_cases.jsonl", [make_case("c1")])
        write_records(data / "iter1/good_cases.jsonl", [make_case("g1", "Solved?", verdict=Verdict.CORRECT)])
        write_records(data / "iter1/error_types.jsonl", [make_type("t1", 1)])
        write_records(data / "iter1/keyphrases.jsonl", [make_keyphrase(1, "slips in a sum")])
        seeds = [replace(make_problem(1), id="p-c1", question="One and one?"), replace(make_problem(2), id="p-g1")]
        write_records(data / "problems/train.jsonl", seeds)

    return write


def run_export(out="out", base_model=None):
    export.export("iter1", Path(out), base_model, None, public=False)


def header(path):
    return yaml.safe_load(path.read_text().split("---\n")[1])


def greedy(model, tokenizer, prompt):
    ids = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")["input_ids"]
    options = {"attention_mask": torch.ones_like(ids), "max_new_tokens": 12, "do_sample": False}
    return model.generate(input_ids=ids, pad_token_id=2, **options)[0, ids.shape[1] :].tolist()


def test_exported_model_loads_alone_and_writes_what_base_and_adapter_write(project, tiny_base, chat):
    base = project / "models/base"
    assert_same_model(tiny_base, chat)
    assert read_json(base / CARD)["kind"] == "weights"


def test_base_that_is_a_pointer_to_a_folder_is_merged(project, chat):
    Path("models/base").unlink()
    folder = write_model(project / "mine", seed=3)
    from_disk(LocalModel(str(folder)), Path("models/base"))
    assert_same_model(folder, chat)


def test_base_out_of_a_gguf_file_is_merged(project, chat):
    Path("models/base").unlink()
    file = write_gguf(project / "tiny.gguf", make_model())
    from_disk(LocalModel(str(file)), Path("models/base"))
    assert_same_model(Path("models/base"), chat)
    assert f"This is a model (GGUF file of SHA-256 `{read_json(Path('models/base') / CARD)['sha256']}`)" in (
        Path("out/model/README.md").read_text()
    )


def assert_same_model(weights, chat):
    """Export, and compare with the adapter on the weights in that folder."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    run_export()
    exported = AutoModelForCausalLM.from_pretrained("out/model").eval()
    tokenizer = AutoTokenizer.from_pretrained("out/model")
    plain = AutoModelForCausalLM.from_pretrained(weights, dtype=torch.float32)
    adapter = PeftModel.from_pretrained(plain, "models/iter1").eval()
    asked = [{"role": "user", "content": "How many?"}]
    prompt = tokenizer.apply_chat_template(asked, add_generation_prompt=True, tokenize=False)
    assert prompt == chat.prompt("How many?")
    written = greedy(exported, tokenizer, prompt)
    assert written == greedy(adapter, tokenizer, prompt)
    with adapter.disable_adapter():
        assert written != greedy(adapter, tokenizer, prompt)
    names = {"config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja", "generation_config.json"}
    assert names | {"README.md"} == {path.name for path in Path("out/model").iterdir()} - {"tokenizer_config.json"}


@pytest.mark.usefixtures("project")
def test_decoding_of_the_base_model_is_left_out_and_its_ends_are_kept():
    from transformers import GenerationConfig

    Path("models/base").unlink()
    folder = write_model(Path("models/base"))
    write_json(folder / CARD, {"kind": "weights"})
    own = GenerationConfig(eos_token_id=[1], repetition_penalty=1.1, do_sample=True, temperature=0.7)
    own.save_pretrained(folder)
    run_export()
    exported = GenerationConfig.from_pretrained("out/model")
    assert (exported.eos_token_id, exported.pad_token_id) == ([1, 2], 2)
    assert not exported.do_sample
    assert exported.repetition_penalty in (None, 1.0)


@pytest.mark.usefixtures("project")
def test_lines_of_the_card_load_the_model_and_ask_it(tiny_base, chat, capsys):
    run_export()
    code = Path("out/model/README.md").read_text().split("```python\n")[1].split("```")[0]
    exec(code.replace("path/to/this/folder", "out/model").replace("=160", "=12"), {})
    target = checkpoints.Target(tiny_base, Path("models/iter1"))
    tokenizer = checkpoints.load_tokenizer(tiny_base)
    written = greedy(checkpoints.load(target, "float32", "cpu"), tokenizer, chat.prompt(export_cards._EXAMPLE))
    assert capsys.readouterr().out == tokenizer.decode(written, skip_special_tokens=True) + "\n"


@pytest.mark.usefixtures("project")
def test_lines_of_the_card_ask_as_params_say(template):
    system, question = "Be brief.", {"default": "Q: {question}", "boxed": "{question} Box it."}
    ending = {"default": "#### {answer}", "boxed": "\\boxed{{{answer}}}"}
    chat = {"system": system, "question": question, "final_answer": ending, "template_arguments": {"thinking": False}}
    write_params(template, chat=chat)
    run_export()
    text = Path("out/model/README.md").read_text()
    assert '{"role": "system", "content": "Be brief."},\n    {"role": "user", "content": "Q: Tom' in text
    assert 'return_tensors="pt", thinking=False\n' in text
    assert '| boxed | "{question} Box it." | "\\\\boxed{{{answer}}}" |' in text


@pytest.mark.usefixtures("project")
def test_exported_data_set_loads_from_its_folder_with_its_lineage():
    import datasets

    run_export()
    loaded = datasets.load_dataset("out/data", split="train", cache_dir="cache")
    made, replayed = loaded
    assert made == {
        "id": "a", "question": "Two and two?", "solution": "2 + 2 = 4\n#### 4", "answer": "4", "iteration": "iter1",
        "problem_set": "sums", "author": "worked", "certificate": "votes", "checks": ["equations"], "strategy": "sei",
        "skill": None, "error_type": "type t1", "bad_cases": ["c1"], "mistakes": ["slips in a sum"],
        "seed_problems": ["p-c1"], "seed_questions": ["One and one?"],
    }  # fmt: skip
    assert replayed["strategy"] == "replay"
    assert (replayed["author"], replayed["certificate"], replayed["error_type"]) == ("target", "gold", None)
    assert (replayed["bad_cases"], replayed["seed_problems"]) == ([], ["p-g1"])
    assert set(loaded.column_names) == set(export_cards.COLUMNS)


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("left", [1, 0], ids=["column-of-nulls", "no-row"])
def test_columns_have_their_types_whatever_is_in_them(left):
    import datasets

    run_export()
    rows = Path("data/iter1/training_set.jsonl").read_text().splitlines(keepends=True)
    Path("data/iter1/training_set.jsonl").write_text("".join(rows[:left]))
    run_export("less")
    first, second = (
        datasets.load_dataset(f"{out}/data", split="train", cache_dir="cache").features for out in ("out", "less")
    )
    assert first == second
    assert first["skill"].dtype == "string"


@pytest.mark.usefixtures("project")
def test_problems_made_from_training_problems_name_these(make_row, make_candidate):
    made = replace(make_candidate("candidate-a"), strategy="untargeted", demonstration_ids=["p-g1"])
    write_records(Path("data/iter1/selected.jsonl"), [made])
    row = make_row("a")
    assert isinstance(row, TrainingRow)
    write_records(Path("data/iter1/training_set.jsonl"), [replace(row, error_type_id="untargeted")])
    (exported,) = export.export_data.read_rows(Path("data"), "iter1")
    assert (exported.error_type, exported.bad_cases, exported.seed_problems) == (None, [], ["p-g1"])
    assert exported.seed_questions == ["Question 2?"]


@pytest.mark.usefixtures("project")
def test_card_of_the_model_tells_rows_settings_and_accuracies_against_base():
    run_export(base_model="org/tiny")
    assert header(Path("out/model/README.md")) == {
        "base_model": "org/tiny", "base_model_relation": "finetune", "library_name": "transformers",
        "pipeline_tag": "text-generation", "tags": ["math", "self-error-instruct", "sft"],
    }  # fmt: skip
    text = Path("out/model/README.md").read_text()
    for line in (
        "Rows: 2, of which 1 are problems that the model solved already.",
        "| iter1 | sums | worked | votes | 1 |",
        "| iter1 | sums | target | gold | 1 |",
        "| lora.rank | 4 |",
        "| test | 4 | 25.0 (5.0 to 70.0) | 75.0 (30.0 to 95.0) | +50.0 (+0.0 to +100.0) |",
        "| ood/none | 0 | - | - | - |",
        "Base model: not known. Problem sets that the training set was made from: procedural (apache-2.0).",
    ):
        assert line in text.splitlines()


@pytest.mark.usefixtures("project")
def test_card_of_the_data_names_the_licence_where_all_sets_have_a_known_one(template):
    mine = {"role": "train", "path": "data/raw/mine.csv", "columns": {"question": "q", "answer": "a"}}
    gsm8k = {"role": "train", "limit": 9}
    write_params(template, prepare_problems={"sets": {"gsm8k": gsm8k}})
    run_export("known")
    assert header(Path("known/data/README.md"))["license"] == ["mit"]
    assert header(Path("known/model/README.md"))["datasets"] == ["openai/gsm8k"]
    write_params(template, prepare_problems={"sets": {"gsm8k": gsm8k, "mine": mine}})
    run_export("unknown")
    assert "license" not in header(Path("unknown/data/README.md"))
    text = Path("unknown/data/README.md").read_text()
    assert "gsm8k (mit), mine (not known)." in text
    assert "| iter1 | type t1 | 1 |" in text


@pytest.mark.usefixtures("project")
def test_cards_name_the_models_that_wrote_problems_and_their_terms(template):
    instructor = yaml.safe_load((ROOT / "params.yaml").read_text())["instructor"]
    providers = {"problems": "openai", "solutions": "local"}
    write_params(template, instructor=instructor | {"providers": providers})
    run_export()
    text = Path("out/data/README.md").read_text()
    names = "`gpt-4o`, `Qwen/Qwen2.5-Coder-1.5B-Instruct`"
    assert f"Mistakes were named and problems written by {names}." in text
    assert f"What {names} wrote is under the terms of its maker." in text
    assert "license" not in header(Path("out/data/README.md"))


@pytest.mark.usefixtures("project")
def test_iteration_without_a_new_row_is_the_base_model(tiny_base):
    from transformers import AutoModelForCausalLM

    write_json(Path("models/iter1") / CARD, {"kind": "base"})
    run_export()
    assert "as it is: no problem made from its mistakes" in Path("out/model/README.md").read_text()
    exported, base = (AutoModelForCausalLM.from_pretrained(folder) for folder in ("out/model", tiny_base))
    assert torch.equal(exported.get_input_embeddings().weight, base.get_input_embeddings().weight)


@pytest.mark.usefixtures("project")
def test_whole_model_is_exported_as_it_is_with_the_origin_and_licence_of_base():
    from transformers import AutoModelForCausalLM

    Path("models/base").unlink()
    write_model(Path("models/base"))
    origin = {"kind": "weights", "license": "mit", "sha256": "abc"}
    write_json(Path("models/base") / CARD, origin)
    shutil.rmtree("models/iter1")
    write_model(Path("models/iter1"), seed=1)
    write_json(Path("models/iter1") / CARD, {"kind": "whole", "base": origin})
    settings, counts = replace(SETTINGS, method="full"), TrainingCounts(2, 0, 30, 0.5, None, None, None, None)
    Path("models/iter1/README.md").write_text(cards.trained("iter1", Path("models/base"), settings, counts))
    run_export()
    text = Path("out/model/README.md").read_text()
    assert header(Path("out/model/README.md"))["license"] == "mit"
    assert "This is a model (GGUF file of SHA-256 `abc`), with all its weights, by [Self-Error-Instruct]" in text
    assert "| method | full |" in text.splitlines()
    exported, trained = (AutoModelForCausalLM.from_pretrained(folder) for folder in ("out/model", "models/iter1"))
    assert torch.equal(exported.get_input_embeddings().weight, trained.get_input_embeddings().weight)


def test_same_run_exports_the_same_bytes_and_no_folder_of_this_machine(project):
    run_export("one")
    run_export("two")
    assert directory_hash(Path("one")) == directory_hash(Path("two"))
    texts = [path.read_text() for path in Path("one").rglob("*") if path.suffix in {".md", ".json"}]
    assert len(texts) >= 5
    assert not [text for text in texts if str(project) in text]


@pytest.mark.usefixtures("project")
def test_license_of_the_base_model_is_that_of_the_export(tiny_base):
    Path("models/base").unlink()
    Path("models/base").mkdir()
    for path in tiny_base.iterdir():
        (Path("models/base") / path.name).symlink_to(path)
    (Path("models/base") / CARD).unlink()
    write_json(Path("models/base") / CARD, {"kind": "weights", "license": "apache-2.0"})
    run_export()
    assert header(Path("out/model/README.md"))["license"] == "apache-2.0"


@pytest.mark.usefixtures("project")
def test_iteration_that_params_do_not_have_is_named():
    with pytest.raises(ParamsError, match=r"iterations has no `iter9`; there are iter1, iter2"):
        export.export("iter9", Path("out"), None, None, public=False)


@pytest.mark.usefixtures("project")
def test_params_that_are_missing_or_faulty_are_one_line_each():
    Path("params.yaml").unlink()
    with pytest.raises(ParamsError, match=r"^params\.yaml: no such file$"):
        run_export()
    Path("params.yaml").write_text("x: 1\n")
    with pytest.raises(ParamsError, match=r"^params\.yaml: missing key `iterations`\n") as caught:
        run_export()
    assert "params.yaml: unknown key `x`" in caught.value.faults


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    "path", ["models/iter1/target.json", "data/iter1/keyphrases.jsonl", "metrics/iter1/compare.json"]
)
def test_output_that_is_not_there_is_named_and_nothing_is_written(path):
    Path(path).unlink()
    with pytest.raises(RecordsError, match=rf"{path}: no such file; `dvc repro` makes it, `dvc pull` fetches it"):
        run_export()
    assert not Path("out").exists()


@pytest.mark.usefixtures("project")
def test_folder_that_exists_is_left_as_it_is():
    Path("out").mkdir()
    with pytest.raises(RecordsError, match="out: exists; name another folder"):
        run_export()
    assert not list(Path("out").iterdir())


def command(*arguments, **env):
    """Run the command in the current folder with an empty home of the hub, in no offline mode."""
    env = {"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HF_HOME": str(Path("hf").absolute()), **env}
    return subprocess.run(
        [sys.executable, "-m", "tools.export", *arguments], env=env, capture_output=True, text=True, check=False
    )


def point_to_hub(tiny_base):
    """Let the base be a pointer to `org/tiny`, and return its files."""
    Path("models/base").unlink()
    write_json(Path("models/base") / CARD, {"kind": "hub", "id": "org/tiny", "revision": COMMIT, "files": {}})
    return {path.name: path.read_bytes() for path in tiny_base.iterdir() if path.name != CARD}


@pytest.mark.usefixtures("project")
def test_model_of_the_hub_is_exported_and_pushed_with_its_data_privately(tiny_base):
    with hub("org/tiny", point_to_hub(tiny_base)) as server:
        at = {"HF_ENDPOINT": server.url, "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1"}
        done = command("iter1", "out", "--push", "me/taught", **at)
        assert done.stdout == "wrote out/model and out/data\npushed me/taught and me/taught-data\n"
        again = command("iter1", "again", "--push", "me/taught", "--public", **at)
        assert again.returncode == 0
    assert set(server.pushed) == {"models/me/taught", "datasets/me/taught-data"}
    for name, folder in (("models/me/taught", "model"), ("datasets/me/taught-data", "data")):
        repository = server.pushed[name]
        assert repository.private
        assert repository.files == {path.name: path.read_bytes() for path in (Path("out") / folder).iterdir()}
    assert server.pushed["models/me/taught"].large == {"model.safetensors"}
    front = header(Path("out/model/README.md"))
    assert (front["base_model"], front["datasets"]) == ("org/tiny", ["me/taught-data"])
    text = Path("out/model/README.md").read_text()
    assert f"`org/tiny` (commit `{COMMIT}`), with the LoRA adapter" in text
    assert 'name = "me/taught"' in text


@pytest.mark.usefixtures("project")
def test_nothing_private_is_pushed_to_a_public_repository():
    with hub("org/tiny", {}) as server:
        at = {"HF_ENDPOINT": server.url, "HF_TOKEN": TOKEN}
        assert command("iter1", "out", "--push", "me/taught", "--public", **at, HF_HUB_DISABLE_XET="1").returncode == 0
        assert not server.pushed["models/me/taught"].private
        server.pushed["models/me/taught"].files.clear()
        done = command("iter1", "more", "--push", "me/taught", **at)
    assert done.stderr == ("error: export: --push: me/taught is public already; give --public too, or another name\n")
    assert not server.pushed["models/me/taught"].files
    assert not Path("more").exists()


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("env", "name", "message"),
    [
        pytest.param({}, "me/taught", "nobody is logged in to the hub; run `hf auth login`, or set", id="no-token"),
        pytest.param({"HF_TOKEN": "wrong"}, "me/taught", "me/taught: ", id="wrong-token"),
        pytest.param({"HF_TOKEN": TOKEN}, "me/my/model", "me/my/model: Repo id must be", id="no-name"),
        pytest.param({"HF_TOKEN": TOKEN, "HF_HUB_OFFLINE": "1"}, "me/taught", "me/taught: ", id="offline"),
        pytest.param({"HF_TOKEN": TOKEN, "HF_ENDPOINT": "http://127.0.0.1:9"}, "me/taught", "me/taught: ", id="no-hub"),
    ],
)
def test_hub_that_does_not_take_it_is_one_line_before_anything_is_written(env, name, message):
    with hub("org/tiny", {}) as server:
        done = command("iter1", "out", "--push", name, **{"HF_ENDPOINT": server.url, **env})
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: export: --push: {message}")
    assert done.stderr.count("\n") == 1
    assert not Path("out").exists()
