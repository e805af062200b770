"""What is kept of an output, and where its sentences end."""

import pytest

from stages.instructor.right_start import right_start, sentence_end

STARTS = {
    "a line": ("3 + 4 = 7 pens\n7 - 2 = 4 pens\n#### 4", "3 + 4 = 7 pens"),
    "a sentence": ("Ann has 3 + 4 = 7 pens. She sells 7 - 2 = 4 of them.", "Ann has 3 + 4 = 7 pens."),
    "words before a colon": ("It is $1.50. In all: 7 - 2 = 4.", "It is $1.50."),
    "an abbreviation": ("First 3 + 4 = 7.\nMr. Ray sells 7 - 2 = 4.", "First 3 + 4 = 7."),
    "a number of a list": ("1. 3 + 4 = 7\n2. Then 7 - 2 = 4", "1. 3 + 4 = 7"),
    "a display": ("So \\(x = 7\\).\n\\[\n3 + 4 = 7\n\\]\n\\[\n7 - 2 = 4", "So \\(x = 7\\).\n\\[\n3 + 4 = 7\n\\]"),
    "a row of a display": ("It is 7.\nWe get\n\\begin{align}\n7 &= 7\\\\\n7 - 2 = 4", "It is 7.\nWe get"),
    "a block of code": ("Let us compute.\n```python\na = 3 + 4\nb = 7 - 2 = 4", "Let us compute."),
    "an announcement": ("It is 7.\n\n### Step 2: Sell\n\nThe pens left are:\n\n7 - 2 = 4", "It is 7."),
    "a bold label": ("It is 7.\n**Step 2:**\n- \n7 - 2 = 4", "It is 7."),
    "nothing before": ("7 - 2 = 4", ""),
}


@pytest.mark.parametrize(("output", "start"), STARTS.values(), ids=STARTS)
def test_output_is_kept_up_to_the_step_with_the_mistake(output, start):
    assert right_start(output, output.index("7 - 2 = 4")) == start


ENDS = {
    "of a sentence": ("It is 3 + 4 = 7. So it is 8.", "It is 3 + 4 = 7."),
    "of a line": ("It is 3 + 4 = 7\nSo it is 8.", "It is 3 + 4 = 7"),
    "of a decimal number": ("It is 3 + 4 = 7.00 in all.", "It is 3 + 4 = 7.00 in all."),
    "of a display": ("\\[\n3 + 4 = 7\n\\]\nSo it is 8.", "\\[\n3 + 4 = 7\n\\]"),
    "of a display that was cut": ("\\[\n3 + 4 = 7\n", "\\[\n3 + 4 = 7\n"),
}


@pytest.mark.parametrize(("output", "upto"), ENDS.values(), ids=ENDS)
def test_sentence_ends_with_its_words_and_its_formula(output, upto):
    assert output[: sentence_end(output, output.index("= 7") + 3)] == upto
