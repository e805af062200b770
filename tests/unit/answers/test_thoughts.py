"""What a model thinks is told from what it says, in each format that models use."""

import pytest

from stages.answers.thoughts import closing, ends_in_thought, open_thought, split_thoughts, without_thoughts
from stages.core.verdict import Verdict
from stages.grading.grade import grade


@pytest.mark.parametrize(
    ("text", "thoughts", "said"),
    [
        pytest.param("It is 9.", "", "It is 9.", id="none"),
        pytest.param("<think>4 + 5</think>It is 9.", "4 + 5", "It is 9.", id="think"),
        pytest.param("<thinking>4 + 5</thinking>It is 9.", "4 + 5", "It is 9.", id="thinking"),
        pytest.param("<thought>4 + 5</thought>It is 9.", "4 + 5", "It is 9.", id="thought"),
        pytest.param("[THINK]4 + 5[/THINK]It is 9.", "4 + 5", "It is 9.", id="square"),
        pytest.param("<think>4 + 5</thinking>It is 9.", "4 + 5", "It is 9.", id="closed-otherwise"),
        pytest.param("<scratchpad>4 + 5</scratchpad>It is 9.", "4 + 5", "It is 9.", id="scratchpad"),
        pytest.param("<reflection>4 + 5</reflection>It is 9.", "4 + 5", "It is 9.", id="reflection"),
        pytest.param("<draft>4 + 5</draft>It is 9.", "4 + 5", "It is 9.", id="draft"),
        pytest.param("\u25c1think\u25b74 + 5\u25c1/think\u25b7It is 9.", "4 + 5", "It is 9.", id="Kimi"),
        pytest.param("<|START_THINKING|>4 + 5<|END_THINKING|>It is 9.", "4 + 5", "It is 9.", id="Command-A"),
        pytest.param("<|channel>thought\n4 + 5<channel|>It is 9.", "thought\n4 + 5", "It is 9.", id="Gemma-4"),
        pytest.param("4 + 5</think>It is 9.", "4 + 5", "It is 9.", id="opened-in-the-prompt"),
        pytest.param("<think>4 + 5", "4 + 5", "", id="never-ends"),
        pytest.param("So. <think>4 + 5", "4 + 5", "So. ", id="never-ends-later"),
        pytest.param("<think>a</think>b<think>c</think>d", "a\nc", "bd", id="twice"),
        pytest.param("<think>a<think>b</think>c</think>d", "a\nb\nc", "d", id="one-in-another"),
        pytest.param(
            "<|channel|>analysis<|message|>4 + 5<|end|><|start|>assistant<|channel|>final<|message|>It is 9.<|return|>",
            "4 + 5",
            "It is 9.",
            id="harmony",
        ),
        pytest.param("<|channel|>analysis<|message|>4 + 5", "4 + 5", "", id="harmony-never-ends"),
        pytest.param("analysis4 + 5assistantfinalIt is 9.", "4 + 5", "It is 9.", id="harmony-without-tokens"),
        pytest.param("2 < 3 and [1, 2]", "", "2 < 3 and [1, 2]", id="brackets-are-no-tags"),
    ],
)
def test_thoughts_are_split_from_what_is_said(text: str, thoughts: str, said: str) -> None:
    assert split_thoughts(text) == (thoughts, said)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("4 + 5\n= 9", "4 + 5\n= 9", id="none"),
        pytest.param("<think>\n4 + 5 = 8\n</think>\n\n4 + 5 = 9", "\n\n\n\n4 + 5 = 9", id="lines-keep-their-numbers"),
        pytest.param("4\n<think>\n5</think>\n6", "4\n\n\n6", id="thought-between"),
        pytest.param("<think>\n4 + 5 = 8", "\n4 + 5 = 8", id="only-a-thought"),
        pytest.param("<think>\n4 + 5 = 8</think> \n", "\n4 + 5 = 8", id="nothing-behind-the-thought"),
        pytest.param(
            "<|channel|>analysis<|message|>a\nb<|end|><|start|>assistant<|channel|>final<|message|>c<|return|>",
            "\nc",
            id="harmony",
        ),
    ],
)
def test_what_is_said_stays_on_its_line(text: str, expected: str) -> None:
    assert without_thoughts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("4", False), ("<think>4", True), ("<think>4</think>", False), ("<think>a</think>b[THINK]c", True)],
)
def test_thought_that_never_ends_is_known(text: str, expected: bool) -> None:
    assert ends_in_thought(text) is expected


@pytest.mark.parametrize("inside", [r"\boxed{9}", "#### 9\n", "The answer is 9.", "<answer>9</answer>"])
def test_answer_inside_a_thought_is_none(inside: str) -> None:
    assert grade("9", f"<think>{inside}").verdict is Verdict.NO_ANSWER
    assert grade("9", f"<think>{inside}", truncated=True).verdict is Verdict.TRUNCATED
    assert grade("9", f"<think>{inside}</think>It is 8.").verdict is Verdict.WRONG


def test_answer_tag_is_the_answer() -> None:
    assert grade("9", "4 + 4 = 8, then <answer> 9 </answer> 7").verdict is Verdict.CORRECT
    assert grade("9", r"<answer>So \boxed{9}</answer>", truncated=True).verdict is Verdict.CORRECT


TAGS = {
    "<think>": "</think>",
    "[THINK]": "[/THINK]",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "\u25c1think\u25b7": "\u25c1/think\u25b7",
    "<|channel>": "<channel|>",
}


@pytest.mark.parametrize(("tag", "end"), TAGS.items())
def test_thought_that_a_prompt_opens_is_found_and_can_be_closed(tag: str, end: str) -> None:
    assert open_thought(f"Why?\nassistant\n{tag}\n") == tag
    assert closing(tag) == end
    assert split_thoughts(f"{tag}4 + 5{closing(tag)}It is 9.") == ("4 + 5", "It is 9.")
    for prompt in (f"{tag}\n\n{end}\n\n", f"{tag} Hm", "Why?", ""):
        assert open_thought(prompt) == ""
