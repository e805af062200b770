"""Words that many forms of questions share, as parts of patterns."""

SLOTS = r"@(?: (?:and )?@)*"
_VERB = (
    r"(?:then )?(?:what is|what's|what does|find|compute|evaluate|calculate|determine|simplify|state|what must "
    r"be|give|work out"
    r"|what was|what will|what would|express|rewrite|write|please compute|please evaluate)"
)
_NOUN = (
    r"(?: (?:the )?(?:exact |numerical |numeric |sum |real |simplified )?value of)?(?: the)?(?: following)?"
    r"(?: (?:expression|product|sum|quantity|variable|constant|real number|difference|quotient|fraction|real "
    r"number|number|root|ordered pair|ordered triple"
    r"|determinant|dot product|logarithm|complex number))?(?: of)?"
)
GOAL = rf"{_VERB}{_NOUN} (?P<goal>@)(?: equal(?: to)?)?"
_BETWEEN = (
    r"(?:@|and|where|the|functions?|given|two|be|that|let|if|also|consider|such|defined|by|for|all|real|numbers|"
    r"values|of|as"
    r"|equations?|operation|define|we|have|nonzero|complex|constants|variables|suppose|assume|when|then|satisfy|"
    r"satisfies|with"
    r"|system|following|are|is|both|any|it|known|but|at)"
)
FACTS = rf"(?P<facts>(?:{_BETWEEN} )*?@(?: {_BETWEEN})*?)"
LEAD = (
    r"(?:if|given|given that|suppose|suppose that|let|assume|assuming|assume that|consider|for|when|define|it "
    r"is given that|we are given that)"
)
WHEN = (
    r"(?:if|when|given|given that|where|for|at|such that|so that|assuming|assuming that|using|with|provided "
    r"that|for which|by letting)"
)
ASK = r"(?:what is|find|determine|compute|calculate|evaluate)"
