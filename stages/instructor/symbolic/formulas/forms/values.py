"""Forms of questions for a value: of an expression, under facts, or of an unknown in an equation."""

from stages.instructor.symbolic.formulas.facts import Facts, read_facts
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.forms.given import ALL, Given, Tuple, value_of
from stages.instructor.symbolic.formulas.forms.patterns import FACTS, GOAL, LEAD, WHEN
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.trees import names

_MODES = {
    "sum": "sum", "product": "product", "positive difference": "difference",
    "greatest": "greatest", "largest": "greatest", "greater": "greatest", "larger": "greatest",
    "smallest": "least", "least": "least", "smaller": "least", "lesser": "least",
}  # fmt: skip
_OF_ALL = "|".join(("sum", "product", "positive difference"))
_EXTREME = "|".join(("greatest", "largest", "greater", "larger", "smallest", "least", "smaller", "lesser"))


def _calculation(groups: Groups, _: Match) -> Given | Tuple:
    return Given(Facts(), groups["goal"][0])


def _under_facts(groups: Groups, match: Match) -> Given | Tuple:
    return value_of(groups["facts"], groups["goal"][0], match.string)


def _operation(groups: Groups, match: Match) -> Given | Tuple:
    left, right = groups["definition"]
    return value_of(
        [right if "=" in right else f"{left} = {right}", *groups.get("facts", []), *groups.get("more", [])],
        groups["goal"][0],
        match.string,
    )


def _unknown(groups: Groups, match: Match) -> Given | Tuple:
    facts = [*groups["facts"], *([f"{groups['goal'][0]} > 0"] if "positive" in match.string else [])]
    return value_of(facts, groups["goal"][0], match.string, real="real" in match.string)


def _solutions(groups: Groups, match: Match) -> Given | Tuple:
    task = Given(
        read_facts(groups["facts"]), groups["goal"][0] if "goal" in groups else "", ALL, real="real" in match.string
    )
    return _about_only_unknown(task, groups)


def _of_solutions(groups: Groups, match: Match) -> Given | Tuple:
    task = Given(
        read_facts(groups["facts"]),
        "",
        _MODES[match["mode"]],
        real="real" in match.string or "positive difference" in match.string,
    )
    return _about_only_unknown(task, groups)


def _about_only_unknown(task: Given, groups: Groups) -> Given:
    if len(task.facts.equations) != 1 or task.facts.functions:
        raise UnreadableError
    unknowns = set().union(*(names(task.facts.tree(side)) for side in task.facts.equations[0])) - {"pi", "e", "i"}
    asked = groups["goal"][0] if "goal" in groups else next(iter(unknowns), "")
    if unknowns != {asked}:
        raise UnreadableError
    task.goal = asked
    return task


_SOLUTIONS = r"(?:the )?(?:possible |real |distinct )?(?:values|solutions|roots|solution|value|root|zeros|zeroes)"
_OF_EQUATION = (
    r"(?:(?:of|to|for)(?: the)?(?: quadratic)?(?: equation)?(?: for)?|(?:of|for) (?P<goal>@)(?: "
    r"(?:such that|that satisfy|that satisfies|which satisfy|in|for which|if|satisfying))(?: the)?(?: "
    r"equation)?)"
)

FORMS: tuple[Form, ...] = (
    form(GOAL, _calculation),
    form(r"(?P<goal>@)(?: equals what (?:number|integer))?", _calculation),
    form(rf"{LEAD} {FACTS} {GOAL}", _under_facts),
    form(rf"{FACTS} {GOAL}", _under_facts),
    form(rf"{GOAL} {WHEN} {FACTS}", _under_facts),
    form(
        rf"(?:if |let )?(?:the )?(?:operation |function |symbol |binary operation )?(?P<definition>@ (?:is|be) "
        rf"defined (?:as|by|to be|to mean)(?: follows)?(?: for all @(?: and @)?)? @)(?: {FACTS})? {GOAL}(?: "
        rf"{WHEN} (?P<more>@))?",
        _operation,
    ),
    form(
        rf"solve(?: for)? (?P<goal>@)(?: if| in(?: the)?(?: following)?(?: equation)?| given(?: that)?| when| "
        rf"such that)? {FACTS}",
        _unknown,
    ),
    form(r"solve(?: the)?(?: following)?(?: equation)?(?: for)? (?P<facts>@) for (?P<goal>@)", _unknown),
    form(
        rf"(?:find|what is|determine|compute)(?: the)?(?: exact)?(?: real| positive)?(?: value of| number| "
        rf"constant| solution)?(?: for)? (?P<goal>@)"
        rf"(?: (?:that|which|in|to|for which|such that|if|so that))?(?: satisfies| makes| solves| will "
        rf"satisfy)?(?: the)?(?: following)?(?: equation)? {FACTS}(?: true)?",
        _unknown,
    ),
    form(
        rf"(?:for )?what(?: is the)?(?: real| positive)?(?: value of| number) (?P<goal>@) (?:is|does|satisfies|"
        rf"makes|will make|such that|if|solves|is a solution to|is the solution of)(?: the)?(?: equation)? "
        rf"{FACTS}(?: true)?",
        _unknown,
    ),
    form(rf"{FACTS} solve for (?P<goal>@)", _unknown),
    form(
        r"(?:solve|find all(?: the)?(?: real)? solutions (?:to|of)|find the(?: real)? solutions? (?:to|of)|find "
        r"the roots of|solve the equation|find all solutions to the equation|find the solution to|what are the "
        r"solutions to)(?: the)?(?: equation)? (?P<facts>@)",
        _solutions,
    ),
    form(
        r"find all(?: real)?(?: possible)?(?: values of| numbers)? (?P<goal>@) (?:such that|that satisfy|which "
        r"satisfy|for which|that satisfies|satisfying|if)(?: the equation)? (?P<facts>@)",
        _solutions,
    ),
    form(
        r"what (?:are|is) (?:all )?(?:the )?(?:possible )?(?:values?|solutions?)(?: of| for)? (?P<goal>@) "
        r"(?:such that|that satisfy|for which|if) (?P<facts>@)",
        _solutions,
    ),
    form(
        rf"(?:what is|find|compute) the (?P<mode>{_OF_ALL}) (?:of|between)(?: all)?(?: of)?(?: the)?(?: two)? "
        rf"{_SOLUTIONS} {_OF_EQUATION} (?P<facts>@)",
        _of_solutions,
    ),
    form(
        rf"(?:what is|find|compute) the (?P<mode>{_EXTREME})(?: of the)?(?: possible| real)? (?:solutions?|"
        rf"roots?|value) {_OF_EQUATION} (?P<facts>@)",
        _of_solutions,
    ),
)
