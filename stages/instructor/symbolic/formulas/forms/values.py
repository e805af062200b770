"""Forms of questions for a value: of an expression, under facts, or of an unknown in an equation."""

from stages.instructor.symbolic.formulas.facts import Facts, read_facts
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.forms.given import ALL, Given
from stages.instructor.symbolic.formulas.forms.patterns import FACTS, GOAL, LEAD, WHEN
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.trees import names

_EXTREMES = {
    "greatest": "greatest", "largest": "greatest", "greater": "greatest",
    "smallest": "least", "least": "least", "smaller": "least",
}  # fmt: skip


def _calculation(groups: Groups, _: Match) -> Given:
    return Given(Facts(), groups["goal"][0])


def _under_facts(groups: Groups, _: Match) -> Given:
    return Given(read_facts(groups["facts"]), groups["goal"][0])


def _operation(groups: Groups, _: Match) -> Given:
    left, right = groups["definition"]
    return Given(read_facts([right if "=" in right else f"{left} = {right}"]), groups["goal"][0])


def _solutions(groups: Groups, match: Match) -> Given:
    """Read an equation in one unknown, for all of its solutions or what is asked of them."""
    facts, mode = read_facts(groups["facts"]), match.groupdict().get("mode") or ALL
    if len(facts.equations) != 1 or facts.functions:
        raise UnreadableError
    (unknown,) = names(*map(facts.tree, facts.equations[0]))
    if groups.get("goal", [unknown]) != [unknown]:
        raise UnreadableError
    return Given(facts, unknown, _EXTREMES.get(mode, mode))


_THAT = r"(?:such that|that satisfy|which satisfy|that satisfies|for which)"
_OF_EQUATION = rf"(?:(?:of|to)|of (?P<goal>@) {_THAT})(?: the equation)? (?P<facts>@)"

FORMS: tuple[Form, ...] = (
    form(GOAL, _calculation),
    form(r"(?P<goal>@)", _calculation),
    form(rf"(?:{LEAD} )?{FACTS} {GOAL}", _under_facts),
    form(rf"{GOAL} {WHEN} {FACTS}", _under_facts),
    form(
        rf"(?:if |the operation |the function )?(?P<definition>@ is defined (?:as|by) @) {GOAL}",
        _operation,
    ),
    form(rf"solve for (?P<goal>@)(?: in the equation| if| where)? {FACTS}", _under_facts),
    form(r"solve(?: the equation)? (?P<facts>@) for (?P<goal>@)", _under_facts),
    form(
        r"(?:what is|find|determine|for what) (?:the )?value of (?P<goal>@) (?:in the equation|(?:that|which) "
        r"satisfies|is) (?P<facts>@)",
        _under_facts,
    ),
    form(r"(?:solve|find all(?: the)? solutions to)(?: the equation)? (?P<facts>@)", _solutions),
    form(rf"find all(?: real)? values of (?P<goal>@) {_THAT}(?: the equation)? (?P<facts>@)", _solutions),
    form(
        rf"(?:what is|find|compute) the (?P<mode>sum|product|positive difference) (?:of|between)(?: all)?(?: of)?"
        rf"(?: the)?(?: two)? (?:solutions|roots|values) {_OF_EQUATION}",
        _solutions,
    ),
    form(
        rf"(?:what is|find) the (?P<mode>{'|'.join(_EXTREMES)})(?: of the)?(?: possible)? (?:solutions?|value) "
        rf"{_OF_EQUATION}",
        _solutions,
    ),
)
