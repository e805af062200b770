import pytest

from stages.arithmetic.checking import find_flaws

QUESTION = "Ann has 16 eggs, eats 3 and sells the rest at 20% of $40 each. Twelve weigh 1 pound."


@pytest.mark.parametrize(
    ("solution", "answer", "codes"),
    [
        pytest.param("16 - 3 = 13\n#### 13", "13", [], id="sound"),
        pytest.param(
            "20% of 40 = 8\n13 more? 16 - 3 = 13\n8 * 13 = 104\n#### 104", "104", [], id="percent-and-results"
        ),
        pytest.param("40 * 0.8 = 32\n#### 32", "32", [], id="what-is-left-of-a-percentage"),
        pytest.param("16 - 3 = 12\n#### 12", "12", ["an equation does not hold"], id="slip"),
        pytest.param("16 - 9 = 7\n#### 7", "7", ["a number has no source"], id="foreign-number"),
        pytest.param("16 - 3 = 13\n#### 14", "14", ["answer is not the last result"], id="other-answer"),
        pytest.param("16 - 3 = 13\n#### 14", "13", ["last line is not the answer"], id="other-last-line"),
        pytest.param("She has 13.\n#### 13", "13", ["no equations"], id="no-equations"),
    ],
)
def test_find_flaws_names_each_flaw(solution, answer, codes):
    assert [flaw.code for flaw in find_flaws(QUESTION, solution, answer)] == codes
