"""Constants that words stand for: "twice" for 2, "week" for 7, "dozen" for 12.

A solution may use such a constant without the question writing it, and a question that writes the same value may mean
either. The list errs on the side of too many: one too many keeps a number as it is, one too few changes a
problem's meaning.
"""

import re
from fractions import Fraction

_CONSTANTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        r"half|halves|halfway|midway|twice|doubl\w*|pairs?|couples?|both|twins?|two|second|another|one free|"
        r"round[- ]?trip|back|return\w*|"
        r"each way|every other|bicycles?|bikes?|biweekly|rectang\w*|perimeter|spouse|wife|husband|average|mean|"
        r"either|weekends?|semi\w*|parents|eyes?|hands?|legs?|feet|ears?|again|alternate|sides?|equal(?:ly)?|"
        r"same|split|respectively",
        ("2",),
    ),
    (
        r"third|thirds|triple\w*|thrice|three|triplets|tricycles?|yards?|triangles?|average|equally|trimester",
        ("3",),
    ),
    (
        r"quarters?|quarterly|fourths?|four|quadrup\w*|squares?|rectang\w*|perimeter|gallons?|cars?|dogs?|cats?|"
        r"cows?|horses?|wheels?|legs?|legged|month|months|monthly|average|leap|seasons?|side\w*|corners?",
        ("4",),
    ),
    (r"fifths?|five|quintup\w*|nickels?|weekdays?|workdays?|school|work\w*|weekends?|fingers?|toes?|average", ("5",)),
    (r"sixths?|sextup\w*|cubes?|insects?|half a dozen|hexagon\w*|average", ("6",)),
    (r"weeks?|weekly|days?|daily|every day|sevenths?|septup\w*|monday|sunday", ("7",)),
    (r"eighths?|octup\w*|octop\w*|spiders?|octagon\w*|gallons?|pints?", ("8", "16")),
    (r"tenths?|dimes?|decades?|decimal|fingers?|toes?|centimet\w*|millimet\w*", ("10",)),
    (r"dozens?|years?|yearly|annual\w*|months?|monthly|feet|foot|inch\w*|noon|midnight|clock", ("12",)),
    (r"ounces?|pounds?|oz|lbs?|tablespoons?", ("16",)),
    (r"teaspoons?", ("3", "48")),
    (r"hours?|days?|daily|midnight", ("24",)),
    (r"quarters?", ("25",)),
    (r"even|odd|likel\w*|probab\w*|chances?|coins?|dice|die", ("25", "50")),
    (r"months?|monthly|june|april|september|november", ("30",)),
    (r"months?|january|march|may|july|august|october|december", ("31",)),
    (r"weeks?|weekly|years?|yearly|annual\w*|cards?|deck", ("52",)),
    (r"minutes?|hours?|hourly|seconds?|min|mph|hrs?", ("60", "3600")),
    (r"percent\w*|cents?|pennies|penny|dollars?|meters?|centimet\w*|cm|centur\w*|dimes?|nickels?", ("100",)),
    (r"right|angles?|degrees?|triangles?", ("90", "180", "360")),
    (r"years?|yearly|annual\w*", ("365", "366")),
    (r"kilo\w*|kg|km|lit\w+|meters?|grams?|tons?|thousands?|ml|milli\w*", ("1000",)),
    (r"tons?", ("2000",)),
    (r"miles?", ("5280",)),
    (r"februar\w*", ("28", "29")),
)
_ORDINALS = re.compile(r"\b(\d+)(?:st|nd|rd|th)\b")


def implied_constants(question: str) -> frozenset[Fraction]:
    """Return the values that words of the question may stand for, whether or not the question writes them."""
    text = question.lower().replace("%", " percent ").replace("$", " dollars ")
    constants = {
        Fraction(value) for pattern, values in _CONSTANTS for value in values if re.search(rf"\b(?:{pattern})\b", text)
    }
    return frozenset(constants | {Fraction(match.group(1)) for match in _ORDINALS.finditer(question)})
