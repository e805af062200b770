"""What a keyphrase of `phrases` means, in one sentence: what goes wrong, and what would be right.

loses the sign in a long subtraction  ->  The result of a subtraction has the right size and the wrong sign.
"""

import re

from stages.arithmetic.phrases import with_article

_OPERATION = "addition|subtraction|multiplication|division|power"
_GENERAL = "The solution {phrase}, where the right one does not."

_SENTENCES = [
    (
        rf"slips in a .+ ({_OPERATION})",
        "The steps are the right ones, but the result of {article} is a little off and has to be computed with care.",
    ),
    (
        rf"gets a .+ ({_OPERATION}) badly wrong",
        "The result of {article} is so far off that a rough estimate of its size would have shown it.",
    ),
    (
        rf"slips in carrying over in a .+ ({_OPERATION})",
        "The result of {article} is off by 10, 100 or 1000, because a carried digit is lost or counted twice.",
    ),
    (
        rf"misplaces the decimal point in a .+ ({_OPERATION})",
        "The digits of the result of {article} are right, but it is ten, a hundred or more times too large or small.",
    ),
    (
        rf"loses the sign in a .+ ({_OPERATION})",
        "The result of {article} has the right size and the wrong sign.",
    ),
    (
        r"divides by zero in an equation",
        "An equation divides by zero, which has no value, so that nothing after it means anything.",
    ),
    (
        rf"takes the wrong quantities for the ({_OPERATION}) .+",
        "The operation is the right one, but {article} is done with quantities that the problem does not combine.",
    ),
    (
        r"(adds|subtracts|multiplies|divides|raises to a power) the quantities instead of (.+?) in (?:the|a) .+",
        "The quantities are the right ones, but the solution {0} where the situation calls for {1}.",
    ),
    (
        rf"does an? ({_OPERATION}) that the problem does not call for .+",
        "The solution does {article} with quantities that have nothing to do with each other in the problem.",
    ),
    (
        rf"counts a quantity more than once in the ({_OPERATION})",
        "One and the same quantity enters {article} several times, though the problem has it once.",
    ),
    (
        r"(adds|subtracts|multiplies|divides|raises to a power) a quantity instead of (.+)",
        "The quantities are the right ones, but the solution {0} one of them where the situation calls for {1}.",
    ),
    (
        rf"takes one quantity twice and leaves another out in the ({_OPERATION})",
        "The solution does {article} with one quantity in two places, one of which belongs to another quantity.",
    ),
    (
        rf"takes a quantity once instead of several times in the ({_OPERATION})",
        "The solution does {article} with a quantity that comes several times as if it came once.",
    ),
    (
        rf"takes the operands of the ({_OPERATION}) in the wrong order",
        "The quantities of {article} are exchanged: what should come first comes second.",
    ),
    (
        rf"leaves a quantity out of the ({_OPERATION}) .+",
        "The solution does {article} without a quantity that the problem gives and that belongs in it.",
    ),
    (
        rf"puts a quantity too many into the ({_OPERATION}) .+",
        "The solution does {article} with a further quantity that does not belong in it.",
    ),
    (
        r"takes the percentage of a wrong quantity .+",
        "The percentage is right, but it is taken of another quantity than the one that it refers to.",
    ),
    (
        rf"uses a quantity that the question gives for something else in the ({_OPERATION})",
        "The solution does {article} with a quantity of the question that stands for something else.",
    ),
    (
        rf"uses a given quantity instead of an intermediate result in the ({_OPERATION})",
        "The solution does {article} with a number of the question where a result of an earlier step is due.",
    ),
    (
        rf"uses an intermediate result that does not belong in the ({_OPERATION})",
        "The solution does {article} with a result of an earlier step that plays no part there.",
    ),
    (
        r"states a quantity that the problem does not give",
        "The solution states a number that is neither given nor computed.",
    ),
    (
        rf"brings an invented quantity into the ({_OPERATION})",
        "The solution does {article} with a number that is neither given nor computed.",
    ),
    (
        rf"goes on with a needless ({_OPERATION}) after the answer is found",
        "The answer is found, but the solution goes on with {article} and ends with another number.",
    ),
    (
        r"breaks off before the answer is done",
        "The solution stops before it comes to an answer.",
    ),
    (
        rf"breaks off before the ({_OPERATION}) is done",
        "The solution is right as far as it goes, but it stops before {article} that the answer needs.",
    ),
    (
        r"finds the answer but states another number",
        "The steps lead to the right result, but the number stated at the end is another one.",
    ),
    (
        rf"leaves out the final ({_OPERATION})",
        "The solution gives an intermediate result as its answer: {article} is left to do.",
    ),
    (
        rf"leaves out an? ({_OPERATION}) on the way to the answer",
        "The solution ends with the right kind of step, but passes over {article} that comes before it.",
    ),
    (
        rf"leaves out an? ({_OPERATION}) and the steps after it",
        "The solution gives an early intermediate result as its answer: {article} and further steps are left to do.",
    ),
    (
        r"states an answer without writing any equation",
        "An answer is stated without any computation that leads to it.",
    ),
    (
        r"writes no equation and gives no answer",
        "The solution computes nothing and comes to no answer.",
    ),
    (
        r"works all the steps but states no answer",
        "All steps are done and right, but the solution never says which number is the answer.",
    ),
    (
        r"makes a mistake that the equations do not show",
        "No equation of the solution is wrong: the mistake lies in words that no equation shows.",
    ),
]
_PATTERNS = [(re.compile(pattern), sentence) for pattern, sentence in _SENTENCES]


def explain(keyphrase: str) -> str:
    """Return the meaning of a keyphrase, of one that `phrases` does not know in its own words."""
    for pattern, sentence in _PATTERNS:
        match = pattern.fullmatch(keyphrase)
        if match:
            return sentence.format(*match.groups(), article=with_article(match[1] if match.groups() else ""))
    return _GENERAL.format(phrase=keyphrase)
