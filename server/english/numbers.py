"""Numbers as an American English speaker says them. Pure; every function gives words without figures."""

from __future__ import annotations

_ONES = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ("", " thousand", " million", " billion", " trillion", " quadrillion")
_IRREGULAR = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_ROMAN_PLACES = (
    ("", "M", "MM", "MMM"),
    ("", "C", "CC", "CCC", "CD", "D", "DC", "DCC", "DCCC", "CM"),
    ("", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC"),
    ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"),
)

LARGEST = 1000 ** len(_SCALES) - 1
"""The largest number that is read as a whole; anything longer is read figure by figure."""


def cardinal(value: int) -> str:
    """``1234`` → ``one thousand two hundred thirty four``; beyond `LARGEST`, figure by figure."""
    if value < 0:
        return f"minus {cardinal(-value)}"
    if value > LARGEST:
        return digits(str(value))
    if value < 20:
        return _ONES[value]
    if value < 100:
        tens, ones = divmod(value, 10)
        return f"{_TENS[tens]} {_ONES[ones]}" if ones else _TENS[tens]
    if value < 1000:
        hundreds, rest = divmod(value, 100)
        return f"{_ONES[hundreds]} hundred {cardinal(rest)}" if rest else f"{_ONES[hundreds]} hundred"
    groups: list[str] = []
    for scale in _SCALES:
        value, group = divmod(value, 1000)
        if group:
            groups.insert(0, cardinal(group) + scale)
    return " ".join(groups)


def ordinal(value: int) -> str:
    """``22`` → ``twenty second``."""
    head, _, last = cardinal(value).rpartition(" ")
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    elif last.endswith("y"):
        last = last[:-1] + "ieth"
    else:
        last += "th"
    return f"{head} {last}".strip()


def digits(figures: str) -> str:
    """``007`` → ``zero zero seven``; anything that is no decimal figure is left out."""
    return " ".join(_ONES[int(figure)] for figure in figures if figure.isdecimal())


def year(value: int) -> str:
    """``1984`` → ``nineteen eighty four``, ``1905`` → ``nineteen oh five``, ``2004`` → ``two thousand four``."""
    high, low = divmod(value, 100)
    if not 11 <= high <= 99 or (high % 10 == 0 and low < 10):
        return cardinal(value)
    if low == 0:
        return f"{cardinal(high)} hundred"
    return f"{cardinal(high)} {two_figures(low)}"


def two_figures(value: int) -> str:
    """The second half of a year or of a time: ``5`` → ``oh five``, ``45`` → ``forty five``."""
    return f"oh {_ONES[value]}" if value < 10 else cardinal(value)


def plural(words: str) -> str:
    """The plural of a number's name: ``ninety`` → ``nineties``, ``third`` → ``thirds``, ``six`` → ``sixes``."""
    if words.endswith("y"):
        return words[:-1] + "ies"
    return words + ("es" if words.endswith("x") else "s")


def fraction(numerator: int, denominator: int) -> str:
    """``3, 4`` → ``three quarters``."""
    if denominator in (0, 1):
        return f"{cardinal(numerator)} over {cardinal(denominator)}"
    name = {2: "half", 4: "quarter"}.get(denominator, ordinal(denominator))
    if numerator != 1:
        name = "halves" if denominator == 2 else plural(name)
    return f"{cardinal(numerator)} {name}"


def number(written: str) -> str:
    """Say a number as it is written: thousands' commas, a decimal point, a sign, leading zeros.

    Args:
        written: Such as ``1,234``, ``-3.50``, ``.5`` or ``007``; only ASCII figures.
    """
    sign = "minus " if written.startswith("-") else ""
    whole, point, rest = written.lstrip("+-").replace(",", "").partition(".")
    if (len(whole) > 1 and whole.startswith("0")) or len(whole) > len(str(LARGEST)):
        said = digits(whole)
    else:
        said = cardinal(int(whole or "0"))
    return sign + (f"{said} point {digits(rest)}" if point and rest else said)


def roman(figures: str) -> int | None:
    """The value of a well-formed Roman numeral, else None."""
    if not figures or any(figure not in _ROMAN for figure in figures):
        return None
    values = [_ROMAN[figure] for figure in figures]
    pairs = zip(values, [*values[1:], 0], strict=True)
    total = sum(-value if value < after else value for value, after in pairs)
    places = f"{total:04d}"
    if len(places) > 4 or total < 1 or int(places[0]) > 3:
        return None
    written = "".join(place[int(figure)] for place, figure in zip(_ROMAN_PLACES, places, strict=True))
    return total if written == figures else None
