"""Money, measures, percentages, fractions, ranges and bare numbers, read as an American English speaker does."""

from __future__ import annotations

import re

from realtime_chat.server.english.numbers import cardinal, digits, fraction, number, ordinal
from realtime_chat.server.english.reader import NUMBER, SIGN, Reader, reader
from realtime_chat.server.english.units import UNITS, said_unit

_CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yen", "yen", "", ""),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "₩": ("won", "won", "", ""),
    "₽": ("ruble", "rubles", "kopek", "kopeks"),
    "₿": ("bitcoin", "bitcoins", "", ""),
}
_CODES = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
_SCALES = {
    "k": "thousand",
    "m": "million",
    "mn": "million",
    "mm": "million",
    "bn": "billion",
    "b": "billion",
    "t": "trillion",
    "tn": "trillion",
}
_SIGNS = "".join(_CURRENCIES)
_SCALE = r"(?P<scale>\s?(?:hundred|thousand|million|billion|trillion)\b|\s?(?:[kKmMbBtT]|mn|bn|tn|MM)\b)"
_DASH = r"\s?-\s?"
_COMMON_DENOMINATORS = frozenset({*range(2, 11), 12, 15, 16, 20, 25, 30, 32, 50, 60, 64, 100, 1000})


def _scaled(scale: str | None) -> str:
    word = (scale or "").strip()
    return f" {_SCALES.get(word.lower(), word)}" if word else ""


def _money(amount: str, sign: str, scale: str | None) -> str:
    one, many, cent, cents = _CURRENCIES[sign]
    whole, _, part = amount.replace(",", "").partition(".")
    if scale:
        return f"{number(amount)}{_scaled(scale)} {many}"
    if len(part) != 2 or not cent:
        return f"{number(amount)} {one if amount == '1' else many}"
    coins = "" if part == "00" else f"{cardinal(int(part))} {cent if part == '01' else cents}"
    if coins and not int(whole):
        return coins
    notes = f"{number(whole)} {one if whole == '1' else many}"
    return f"{notes} and {coins}" if coins else notes


@reader(
    rf"(?P<minus>-)?(?:US|CA|AU|NZ|C|A)?(?P<sign>[{_SIGNS}])\s?(?P<minus2>-)?(?P<from>{NUMBER})"
    rf"(?:{_DASH}(?P=sign)?(?P<to>{NUMBER}))?{_SCALE}?(?P<each>\s?/\s?(?=[a-zA-Z]))?"
    rf"(?:(?<=/)(?P<unit>[a-zA-Z]+))?"
)
def _sign_first(match: re.Match[str]) -> str:
    minus = "minus " if match["minus"] or match["minus2"] else ""
    said = minus + _money(match["to"] or match["from"], match["sign"], match["scale"])
    if match["to"]:
        said = f"{number(match['from'])} to {said}"
    if match["unit"]:
        unit = said_unit(match["unit"], singular=True)
        said += f" per {unit or match['unit'].lower()}"
    return said


@reader(rf"(?P<minus>-)?(?P<amount>{NUMBER}){_SCALE}?\s?(?P<sign>[{_SIGNS}]|(?:USD|EUR|GBP|JPY|INR)\b)")
def _sign_last(match: re.Match[str]) -> str:
    sign = _CODES.get(match["sign"], match["sign"])
    return ("minus " if match["minus"] else "") + _money(match["amount"], sign, match["scale"])


@reader(rf"({NUMBER})\s?¢")
def _cents(match: re.Match[str]) -> str:
    return f"{number(match[1])} {'cent' if match[1] == '1' else 'cents'}"


@reader(
    rf"(?P<from>{SIGN}{NUMBER})(?:{_DASH}(?P<to>{NUMBER}))?(?P<scale>\s(?:thousand|million|billion))?"
    rf"(?P<gap>\s?|-)(?P<unit>{UNITS})"
)
def _measure(match: re.Match[str]) -> str | None:
    unit = match["unit"]
    if match["gap"] and unit == "in":
        return None  # "5 in the morning"
    last = match["to"] or match["from"]
    said_per = said_unit(unit, singular=match["gap"] == "-" or (last.lstrip("+-") == "1" and not match["to"]))
    if said_per is None:
        return None
    said = number(match["from"]) + (f" to {number(match['to'])}" if match["to"] else "")
    return f"{said}{_scaled(match['scale'])} {said_per}"


@reader(r"([0-9]{1,2})\s?[']\s?([0-9]{1,2})(?:\s?[\"]|'')?")
def _feet_and_inches(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]))} foot {cardinal(int(match[2]))}"


@reader(rf"({NUMBER})\s?[xX]\s?({NUMBER})(?:\s?[xX]\s?({NUMBER}))?")
def _size(match: re.Match[str]) -> str:
    return " by ".join(number(part) for part in match.groups() if part)


@reader(rf"({NUMBER})[xX]")
def _times(match: re.Match[str]) -> str:
    return f"{number(match[1])} times"


@reader(r"([0-9]{1,15})(?:st|nd|rd|th)", re.IGNORECASE)
def _ordinal(match: re.Match[str]) -> str:
    return ordinal(int(match[1]))


@reader(r"(?:([0-9]{1,4})[ -])?([0-9]{1,3})/([0-9]{1,4})(?!/)")
def _fraction(match: re.Match[str]) -> str | None:
    top, bottom = int(match[2]), int(match[3])
    if bottom not in _COMMON_DENOMINATORS or top > bottom:
        return None if match[1] else f"{cardinal(top)} over {cardinal(bottom)}"
    if not match[1]:
        return fraction(top, bottom)
    part = fraction(top, bottom)
    return f"{cardinal(int(match[1]))} and {'a' + part[3:] if part.startswith('one ') else part}"


@reader(rf"({NUMBER})-({NUMBER})(?!-[0-9])")
def _range(match: re.Match[str]) -> str:
    return f"{number(match[1])} to {number(match[2])}"


@reader(rf"({NUMBER})\s-\s({NUMBER})(?=\s?=)")
def _difference(match: re.Match[str]) -> str:
    return f"{number(match[1])} minus {number(match[2])}"


@reader(r"[0-9]+(?:\.[0-9]+){2,}")
def _version(match: re.Match[str]) -> str:
    return " dot ".join(number(part) for part in match[0].split("."))


@reader(r"v\.?\s?([0-9]+(?:\.[0-9]+)*)")
def _named_version(match: re.Match[str]) -> str:
    return "version " + " point ".join(number(part) for part in match[1].split("."))


@reader(rf"(?P<number>{SIGN}{NUMBER}|-?\.[0-9]+)(?P<scale>[kKMB]|bn)?(?P<plus>\+)?")
def _number(match: re.Match[str]) -> str:
    plus = "plus " if match["number"].startswith("+") else ""
    scale = " K" if match["scale"] in ("k", "K") else _scaled(match["scale"])  # 4K is no four thousand
    return f"{plus}{number(match['number'])}{scale}{' plus' if match['plus'] else ''}"


@reader(r"(?:#|No\.\s?|no\.\s|Nos\.\s?|№\s?)([0-9]+(?:,[0-9]{3})*)")
def _numbered(match: re.Match[str]) -> str:
    return f"number {number(match[1])}"


@reader(r"(?:\+?[0-9]{1,3}[-. ])?(?:\([0-9]{3}\)\s?|[0-9]{3}[-. ])[0-9]{3}[-. ][0-9]{4}|[0-9]{3}-[0-9]{4}|911")
def _telephone(match: re.Match[str]) -> str:
    plus = "plus " if match[0].startswith("+") else ""
    return plus + ", ".join(digits(group) for group in re.findall("[0-9]+", match[0]))


QUANTITIES: tuple[Reader, ...] = (
    _telephone,
    _numbered,
    _sign_first,
    _sign_last,
    _cents,
    _version,
    _named_version,
    _difference,
    _measure,
    _feet_and_inches,
    _size,
    _times,
    _ordinal,
    _fraction,
    _range,
)

NUMBERS: tuple[Reader, ...] = (_number,)
"""Tried last."""
