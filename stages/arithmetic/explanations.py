"""What a keyphrase of `phrases` means, in one sentence: what goes wrong, and what would be right.

loses the sign in a long subtraction  ->  The result of a subtraction has the right size and the wrong sign.
"""

import re

from stages.arithmetic.phrases import with_article

_GENERAL = "The solution {phrase}, where the right one does not."
# A pattern of keyphrases, and below it their meaning: `{article}` is the operation with its article.
_TABLE = r"""
slips in a .+ OPERATION
    The steps are the right ones, but the result of {article} is a little off and has to be computed with care.
gets a .+ OPERATION badly wrong
    The result of {article} is so far off that a rough estimate of its size would have shown it.
slips in carrying over in a .+ OPERATION
    The result of {article} is off by 10, 100 or 1000, because a carried digit is lost or counted twice.
misplaces the decimal point in a .+ OPERATION
    The digits of the result of {article} are right, but it is ten, a hundred or more times too large or small.
loses the sign in a .+ OPERATION
    The result of {article} has the right size and the wrong sign.
divides by zero in an equation
    An equation divides by zero, which has no value, so that nothing after it means anything.
takes the wrong quantities for the OPERATION .+
    The operation is the right one, but {article} is done with quantities that the problem does not combine.
ACTION the quantities instead of (.+?) in (?:the|a) .+
    The quantities are the right ones, but the solution {0} where the situation calls for {1}.
does an? OPERATION that the problem does not call for .+
    The solution does {article} with quantities that have nothing to do with each other in the problem.
counts a quantity more than once in the OPERATION
    One and the same quantity enters {article} several times, though the problem has it once.
ACTION a quantity instead of (.+)
    The quantities are the right ones, but the solution {0} one of them where the situation calls for {1}.
takes one quantity twice and leaves another out in the OPERATION
    The solution does {article} with one quantity in two places, one of which belongs to another quantity.
takes a quantity once instead of several times in the OPERATION
    The solution does {article} with a quantity that comes several times as if it came once.
takes the operands of the OPERATION in the wrong order
    The quantities of {article} are exchanged: what should come first comes second.
leaves a quantity out of the OPERATION .+
    The solution does {article} without a quantity that the problem gives and that belongs in it.
puts a quantity too many into the OPERATION .+
    The solution does {article} with a further quantity that does not belong in it.
takes the percentage of a wrong quantity .+
    The percentage is right, but it is taken of another quantity than the one that it refers to.
uses a quantity that the question gives for something else in the OPERATION
    The solution does {article} with a quantity of the question that stands for something else.
uses a given quantity instead of an intermediate result in the OPERATION
    The solution does {article} with a number of the question where a result of an earlier step is due.
uses an intermediate result that does not belong in the OPERATION
    The solution does {article} with a result of an earlier step that plays no part there.
states a quantity that the problem does not give
    The solution states a number that is neither given nor computed.
brings an invented quantity into the OPERATION
    The solution does {article} with a number that is neither given nor computed.
goes on with a needless OPERATION after the answer is found
    The answer is found, but the solution goes on with {article} and ends with another number.
breaks off before the answer is done
    The solution stops before it comes to an answer.
breaks off before the OPERATION is done
    The solution is right as far as it goes, but it stops before {article} that the answer needs.
finds the answer but states another number
    The steps lead to the right result, but the number stated at the end is another one.
leaves out the final OPERATION
    The solution gives an intermediate result as its answer: {article} is left to do.
leaves out an? OPERATION on the way to the answer
    The solution does a later step, but passes over {article} that comes before it.
leaves out an? OPERATION and the steps after it
    The solution gives an early intermediate result as its answer: {article} and further steps are left to do.
states an answer without writing any equation
    An answer is stated without any computation that leads to it.
writes no equation and gives no answer
    The solution computes nothing and comes to no answer.
works all the steps but states no answer
    All steps are done and right, but the solution never says which number is the answer.
states another result than the code computes
    The code computes something else than the number that its output is said to be.
slips in simplifying a side of an equation with an unknown
    The two sides differ by a number whatever the unknown is: terms were put together wrongly.
sets up an equation that does not fit the problem
    The solution of the equation is no quantity of the problem: the equation says something else than the problem.
slips in transforming an equation with an unknown
    An equation has another solution than the one that it was made from: the two sides were not treated alike.
calculates in a form that arithmetic alone cannot follow
    The solution calculates, but with names or several unknowns in place of numbers, so that a reader has to judge it.
makes a mistake that the equations do not show
    No equation of the solution is wrong: the mistake lies in words that no equation shows.
"""
_GROUPS = {
    "OPERATION": "(addition|subtraction|multiplication|division|power)",
    "ACTION": "(adds|subtracts|multiplies|divides|raises to a power)",
}


def _read_table() -> list[tuple[re.Pattern[str], str]]:
    lines = re.sub("|".join(_GROUPS), lambda name: _GROUPS[name[0]], _TABLE).strip().split("\n")
    return [(re.compile(pattern), meaning.strip()) for pattern, meaning in zip(lines[::2], lines[1::2], strict=True)]


_MEANINGS = _read_table()


def explain(keyphrase: str) -> str:
    """Return the meaning of a keyphrase; one that `phrases` does not know is explained in its own words."""
    for pattern, meaning in _MEANINGS:
        match = pattern.fullmatch(keyphrase)
        if match:
            return meaning.format(*match.groups(), article=with_article(match[1] if match.groups() else ""))
    return _GENERAL.format(phrase=keyphrase)
