"""Words that many forms of questions share, as parts of patterns."""

SLOTS = r"@(?: (?:and )?@)*"
ASK = r"(?:what is|find|determine|compute|calculate|evaluate)"
GOAL = (
    rf"(?:then )?(?:{ASK}|simplify|express|rewrite|write)(?: the(?: exact)? value of)?(?: the)?(?: following)?"
    r"(?: (?:expression|product|fraction|sum of))? (?P<goal>@)(?: equal to)?"
)
_BETWEEN = (
    r"(?:@|and|let|if|where|for|all|real|numbers|be|functions?|such|that|then|two|satisfy|satisfies|the|system|of"
    r"|equations|we|have)"
)
FACTS = rf"(?P<facts>(?:{_BETWEEN} )*?@(?: {_BETWEEN})*?)"
LEAD = r"(?:if|given|given that|suppose|suppose that|let|consider|define)"
WHEN = r"(?:if|when|given|given that|where|for|for which|such that|with)"
