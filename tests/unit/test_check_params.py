"""The stage that checks the whole of params.yaml before anything is computed."""

import copy
import functools

import pytest
import yaml

from stages import check_params
from stages.core.exceptions import ParamsError
from stages.core.params import parse
from tests.unit.conftest import ROOT

PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text())


def changed(**values):
    """Return the committed params with some values changed, by dotted name."""
    params = copy.deepcopy(PARAMS)
    for name, value in values.items():
        *parents, last = name.split(".")
        functools.reduce(lambda section, key: section[key], parents, params)[last] = value
    return params


def find_faults(params):
    with pytest.raises(ParamsError) as error:
        parse(check_params.Sections, params)
    return list(error.value.faults)


FAULTS = {
    "train.batch_sise": (4, "unknown key `train.batch_sise` (did you mean `batch_size`?)"),
    "cluster_keyphrases.hdbscan.min_samples": (0, "min_samples` must be greater than or equal to 1, not 0"),
    "instructor.openai.modl": ("x", "unknown key `instructor.openai.modl` (did you mean `model`?)"),
    "instructor.limits.retries": (3, "unknown key `instructor.limits.retries`"),
    "instructor.mod": ("batch", "unknown key `instructor.mod` (did you mean `mode`?)"),
    "instructor.budget_usd": (-1, "`instructor.budget_usd` must be greater than or equal to 0, not -1"),
    "prepare_problems.sets.gsm8k": ({"role": "ood", "revision": "main"}, "the 40 hex digits of a commit are needed"),
    "runtime.openai.concurrency": (0, "`runtime.openai.concurrency` must be greater than or equal to 1, not 0"),
    "seed": (2**32, "`seed` must be less than 4294967296, not 4294967296"),
    "tarin": ({}, "unknown key `tarin` (did you mean `train`?)"),
}


# Values that would otherwise do harm later: a stage without end, a division by zero, a run that learns nothing.
RULES = {
    "assemble_training_set.replay": (1.0, "must be less than 1, not 1.0"),
    "chat.question": ("Solve this", "must contain {question}"),
    "cluster_keyphrases.hdbscan.min_cluster_size": (1, "must be greater than or equal to 2, not 1"),
    "cluster_keyphrases.kmeans.max_types": (2, "max_types must be at least min_types"),
    "cluster_keyphrases.match": (90.0, "must be less than or equal to 1, not 90.0"),
    "evaluate.temperature": (-0.5, "must be greater than or equal to 0, not -0.5"),
    "extract_bad_cases.pass_rate": (1.5, "must be less than or equal to 1, not 1.5"),
    "generation.max_new_tokens": (0, "must be greater than or equal to 1, not 0"),
    "instructor": (
        PARAMS["instructor"] | {"provider": "local", "mode": "batch"},
        "mode is `batch`, which is for OpenAI",
    ),
    "instructor.local.hub": (None, "`instructor.local`: the section hub is missing"),
    "instructor.local.max_tokens": (0, "must be greater than or equal to 1, not 0"),
    "instructor.local.temperature": (-1, "must be greater than or equal to 0, not -1"),
    "instructor.mode": ("offline", "must be 'online' or 'batch', not 'offline'"),
    "instructor.limits.concurrency": (0, "must be greater than or equal to 1, not 0"),
    "instructor.limits.timeout_seconds": (0, "must be greater than 0, not 0"),
    "instructor.openai.max_tokens": (0, "must be greater than or equal to 1, not 0"),
    "instructor.openai.temperature": (-0.5, "must be greater than or equal to 0, not -0.5"),
    "instructor.prices.gpt-4o": ({"input": 1}, "missing key `instructor.prices.gpt-4o.output`"),
    "instructor.providers": (
        {"problem": "local"},
        "unknown key `instructor.providers.problem` (did you mean `problems`?)",
    ),
    "instructor.providers.problems": (
        {"math": "gpt-4o"},
        "`instructor.providers.problems.math` must be 'symbolic', 'openai' or 'local', not 'gpt-4o'",
    ),
    "instructor.providers.solutions": ("gpt-4o", "must be 'symbolic', 'openai' or 'local', not 'gpt-4o'"),
    "predict": (
        {"samples": 4, "temperature": 0.0},
        "`predict`: temperature is 0, at which all 4 samples would be the same; set one above 0, such as 0.7, or",
    ),
    "predict.samples": (0, "must be greater than or equal to 1, not 0"),
    "prepare_problems": (
        {"source": "procedural"},
        "this form is no longer read; write {sets: {procedural: {role: train",
    ),
    "prepare_problems.sets.procedural.max_equations": (0, "must be greater than or equal to 1, not 0"),
    "prepare_problems.sets.procedural.ood_groups": (0, "ood_groups must be at least 1, or ood 0"),
    "prepare_problems.sets.procedural.test": (0, "must be greater than or equal to 1, not 0"),
    "runtime.batch_tokens": (0, "must be greater than or equal to 1, not 0"),
    "runtime.processes": (0, "must be greater than or equal to 1, not 0"),
    "runtime.threads": (-1, "must be greater than or equal to 0, not -1"),
    "runtime.vllm.memory_gb": (0, "must be greater than 0, not 0"),
    "select_data.bad_cases": (0, "must be greater than or equal to 1, not 0"),
    "select_data.keep.value": (1.5, "value must be above 0 up to 1"),
    "select_data.keep": ({"by": "rows", "value": 4.5, "within": "all"}, "value must be a whole number of 1 or more"),
    "solve_candidates.keep": (0, "must be greater than or equal to 1, not 0"),
    "solve_candidates.max_pass_rate": (1.5, "must be less than or equal to 1, not 1.5"),
    "solve_candidates.samples.target": (-1, "must be greater than or equal to 0, not -1"),
    "solve_candidates.solutions": ("both", "samples.target is 0, and solutions is `both`; ask for 1 or more"),
    "synthesize_data.allocation.floor": (-1, "must be greater than or equal to 0, not -1"),
    "synthesize_data.amount.problems_per_request": (0, "must be greater than or equal to 1, not 0"),
    "synthesize_data.amount.rounds": (0, "must be greater than or equal to 1, not 0"),
    "synthesize_data.novelty.ngram": (0, "must be greater than or equal to 1, not 0"),
    "synthesize_data.novelty.threshold": (0.0, "must be greater than 0, not 0.0"),
    "synthesize_data.verification.agree": (4, "agree must be from 1 to samples"),
    "train.learning_rate": (1.0, "must be less than 1, not 1.0"),
    "train.lora.alpha": (0, "must be greater than"),
    "train.lora.target_modules": ([], "must name at least one layer"),
    "train.max_length": (1, "must be greater than or equal to 2, not 1"),
    "train.warmup": (10.0, "must be less than 1, not 10.0"),
}
EACH = [(name, *fault) for name, fault in (FAULTS | RULES).items()]


@pytest.mark.parametrize(("name", "value", "message"), EACH, ids=FAULTS | RULES)
def test_fault_of_any_section_is_a_line(name, value, message):
    faults = find_faults(changed(**{name: value}))
    assert len(faults) == 1
    assert faults[0].startswith("params.yaml: ")
    assert message in faults[0]


def test_all_faults_come_together():
    values = {name: value for name, (value, _) in FAULTS.items()}
    assert len(find_faults(changed(**values))) == len(FAULTS)


BOXED = r"{question} Put it into \boxed{}."
STYLES = {
    "asked for a box": (
        {"chat.question": BOXED},
        "chat.question asks for a box in the set procedural, and its .*'####",
    ),
    "by set": (
        {
            "chat.question": {"default": BOXED, "procedural": "{question} End with ####."},
            "chat.final_answer": "{answer}",
        },
        "chat.question asks for a line `#### answer` in the set procedural",
    ),
    "no such set": (
        {"chat.final_answer": {"default": "{answer}", "procedral": "{answer}"}},
        r"chat\.final_answer: there is no problem set `procedral` \(did you mean `procedural`\?\)",
    ),
}


@pytest.mark.parametrize(("values", "message"), STYLES.values(), ids=STYLES)
def test_styles_that_contradict_each_other_are_refused(values, message):
    with pytest.raises(ParamsError, match=rf"^params\.yaml: (chat\.final_answer: )?{message}"):
        check_params.check(parse(check_params.Sections, changed(**values)))


def test_set_that_is_only_evaluated_may_be_asked_otherwise():
    sets = PARAMS["prepare_problems"]["sets"] | {"math500": {"role": "test"}}
    values = {"prepare_problems.sets": sets, "chat.question": {"default": "{question}", "math500": BOXED}}
    check_params.check(parse(check_params.Sections, changed(**values)))


SET = {
    "provider of a set that there is not": ("procedral", r"procedral` \(did you mean `procedural`\?\)"),
    "one of no likeness": ("math", "math`"),
}


@pytest.mark.parametrize(("name", "message"), SET.values(), ids=SET)
def test_provider_of_an_unknown_set_is_refused(name, message):
    providers = {"problems": {"procedural": "symbolic", "default": "local", name: "openai"}, "solutions": "local"}
    sections = parse(check_params.Sections, changed(**{"instructor.providers": providers}))
    with pytest.raises(
        ParamsError, match=rf"^params\.yaml: instructor\.providers\.problems: there is no .* `{message}"
    ):
        check_params.check(sections)


def test_batches_are_refused_for_a_local_provider_of_any_job():
    instructor = PARAMS["instructor"] | {"providers": {"problems": {"procedural": "local"}}, "mode": "batch"}
    assert "mode is `batch`, which is for OpenAI" in find_faults(changed(instructor=instructor))[0]


def test_one_provider_solves_the_candidates_of_all_sets():
    instructor = PARAMS["instructor"] | {"providers": {"solutions": {"procedural": "local"}}}
    assert find_faults(changed(instructor=instructor)) == [
        "params.yaml: `instructor.providers.solutions`: one provider solves the candidates of all sets; name it "
        "without sets"
    ]


def test_solutions_that_nobody_can_write_are_named_with_all_other_faults():
    values = {
        "solve_candidates.samples": {"target": 0, "instructor": 2},
        "select_data.score": "difficulty",
        "chat.question": {"default": "{question}", "gsm": "{question}"},
    }
    with pytest.raises(ParamsError) as error:
        check_params.check(parse(check_params.Sections, changed(**values)))
    assert [fault.split(": ")[1] for fault in error.value.faults] == [
        "chat.question",
        "solve_candidates.samples.instructor",
        "select_data.score",
    ]


@pytest.mark.parametrize("solutions", ["target", "instructor", "both"])
def test_solutions_that_would_replace_corrections_are_refused_in_one_line(solutions):
    solving = {"solutions": solutions, "samples": {"target": 2, "instructor": 2}}
    values = {
        "synthesize_data.strategy": "corrections",
        "solve_candidates": PARAMS["solve_candidates"] | solving,
        "instructor.providers": {"solutions": "openai"},
    }
    with pytest.raises(ParamsError) as error:
        check_params.check(parse(check_params.Sections, changed(**values)))
    assert error.value.faults == (
        f"params.yaml: solve_candidates.solutions: {solutions} would replace the corrections that "
        "synthesize_data.strategy asks for; set it to worked",
    )
    check_params.check(parse(check_params.Sections, changed(**values | {"synthesize_data.strategy": "per_case"})))
    check_params.check(parse(check_params.Sections, changed(**{"synthesize_data.strategy": "corrections"})))


def test_likelihoods_that_the_server_of_the_target_does_not_give_are_refused():
    given = PARAMS["runtime"]
    needing = {"select_data.score": "likelihood", "solve_candidates.order": "likelihood"}
    needing |= {"solve_candidates.solutions": "target", "solve_candidates.samples": {"target": 4, "instructor": 0}}
    for engine, likelihoods, faults in (("openai", False, 2), ("openai", True, 0), ("transformers", False, 0)):
        openai = given["openai"] | {"likelihoods": likelihoods}
        values = changed(runtime=given | {"engine": engine, "openai": openai}, **needing)
        found = check_params.faults(parse(check_params.Sections, values))
        assert [line.partition(" needs an engine")[0] for line in found] == [
            "solve_candidates.order: likelihood",
            "select_data.score: likelihood",
        ][:faults]
        assert all("set runtime.engine to transformers or vllm" in line for line in found)


def test_best_state_without_problems_held_out_is_refused():
    with pytest.raises(ParamsError, match=r"^params\.yaml: train\.keep: best needs problems held out.* set it to such"):
        check_params.check(parse(check_params.Sections, changed(**{"train.keep": "best"})))
    check_params.check(parse(check_params.Sections, changed(**{"train.keep": "best", "train.validation": 0.1})))


def test_whole_models_are_refused_for_a_backend_that_trains_adapters():
    values = {"train.method": "full", "train.backend": "unsloth"}
    with pytest.raises(ParamsError, match=r"^params\.yaml: train\.method: full is not for train\.backend unsloth"):
        check_params.check(parse(check_params.Sections, changed(**values)))
    check_params.check(parse(check_params.Sections, changed(**{"train.method": "full"})))


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("train.method", "full", "is for adapters, and train.method: full trains all weights; set it to null"),
        ("train.backend", "unsloth", "is not for train.backend unsloth; set trl"),
        ("train.adapter_dtype", "float32", "trains its adapter in bfloat16; set train.adapter_dtype: model"),
        ("runtime.accelerate_config", "configs/fsdp.yaml", "takes no runtime.accelerate_config; set that to null"),
    ],
)
def test_what_does_not_go_with_a_base_model_in_4_bits_is_refused(name, value, fault):
    values = {"train.quantized": "nf4", name: value}
    with pytest.raises(ParamsError) as error:
        check_params.check(parse(check_params.Sections, changed(**values)))
    assert error.value.faults == (f"params.yaml: train.quantized: nf4 {fault}",)
    check_params.check(parse(check_params.Sections, changed(**values | {"train.quantized": None})))
    check_params.check(parse(check_params.Sections, changed(**{"train.quantized": "nf4"})))


@pytest.mark.parametrize(
    ("solutions", "tries", "is_sound"),
    [("worked", 4, False), ("instructor", 4, False), ("target", 1, False), ("target", 2, True), ("both", 2, True)],
)
def test_dpo_without_right_and_wrong_solutions_of_the_target_is_refused(solutions, tries, is_sound):
    solving = {"solutions": solutions, "samples": {"target": tries, "instructor": 1}, "max_pass_rate": 1.0}
    values = {
        "train.method": "dpo",
        "solve_candidates": PARAMS["solve_candidates"] | solving,
        "instructor.providers": {"solutions": "openai"},
    }
    sections = parse(check_params.Sections, changed(**values))
    if is_sound:
        check_params.check(sections)
    else:
        with pytest.raises(ParamsError, match=r"^params\.yaml: train\.method: dpo needs right and wrong solutions of"):
            check_params.check(sections)


def test_missing_section_of_a_provider_is_named():
    instructor = {name: value for name, value in PARAMS["instructor"].items() if name != "local"}
    assert find_faults(changed(instructor=instructor)) == ["params.yaml: missing key `instructor.local`"]


def test_missing_section_is_named():
    params = {name: value for name, value in PARAMS.items() if name != "chat"}
    assert find_faults(params) == ["params.yaml: missing key `chat`"]


def test_output_is_the_same_whatever_the_params(tmp_path):
    outputs = []
    for number, params in enumerate([PARAMS, changed(**{"iterations.iter3": {"parent": "iter1"}})]):
        paths = check_params.Paths(tmp_path / f"{number}.yaml", tmp_path / f"{number}.txt")
        paths.params.write_text(yaml.safe_dump(params))
        assert check_params.main(paths)["iterations"] == 2 + number
        outputs.append(paths.out.read_bytes())
    assert outputs[0] == outputs[1] != b""


def test_faulty_params_write_nothing(tmp_path):
    paths = check_params.Paths(tmp_path / "params.yaml", tmp_path / "out.txt")
    paths.params.write_text(yaml.safe_dump(changed(**{"iterations.iter1": {"parent": "iter2"}})))
    with pytest.raises(ParamsError, match="the parents form a cycle"):
        check_params.main(paths)
    assert not paths.out.exists()


@pytest.mark.parametrize("value", ["all-linear", ["q_proj"]])
def test_layers_to_adapt_are_names_or_all_linear_ones(value):
    sections = parse(check_params.Sections, changed(**{"train.lora.target_modules": value}))
    assert sections.train.lora.target_modules == value


def test_layers_to_adapt_as_one_name_are_refused_with_the_list_to_write():
    (fault,) = find_faults(changed(**{"train.lora.target_modules": "q_proj"}))
    assert fault.endswith("`train.lora.target_modules`: must be all-linear or a list of names such as [q_proj]")
