"""Dates, times of day and years, read as an American English speaker reads them."""

from __future__ import annotations

import re

from realtime_chat.server.english.numbers import cardinal, digits, ordinal, plural, two_figures, year
from realtime_chat.server.english.reader import Reader, reader

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_SHORT = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept?", "Oct", "Nov", "Dec")
_DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "tues": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "thur": "Thursday",
    "thurs": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
_MONTH = "|".join([*MONTHS, *(rf"{short}\b\.?" for short in _SHORT)])
_YEAR = r"[12][0-9]{3}"
_DAY = r"(?:3[01]|[12][0-9]|0?[1-9])"
_HALF_OF_DAY = r"(?:\s?(?P<half>[ap])(?:\.m\.|\.m|m)(?![a-z]))"


def _month(name: str) -> str:
    return next(month for month in MONTHS if month[:3].lower() == name[:3].lower())


def _date(year_: str | None, month: str, day: str) -> str | None:
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return None
    said = f"{MONTHS[int(month) - 1]} {ordinal(int(day))}"
    return f"{said}, {_said_year(year_)}" if year_ else said


def _said_year(figures: str) -> str:
    if len(figures) == 2:
        return year((2000 if int(figures) < 70 else 1900) + int(figures))
    return year(int(figures))


def _clock(hour: str, minute: str, half: str | None) -> str:
    said = cardinal(int(hour))
    if int(minute):
        said += f" {two_figures(int(minute))}"
    elif half is None:
        said += " hundred" if int(hour) > 12 else " o'clock" if int(hour) else " hours"
    return said + (f" {half.upper()}M" if half else "")


@reader(
    r"([0-9]{4})-(0?[1-9]|1[0-2])-([0-9]{1,2})(?:[T ]([01]?[0-9]|2[0-4]):([0-5][0-9])(?::[0-5][0-9](?:\.[0-9]+)?)?Z?)?"
)
def _iso(match: re.Match[str]) -> str | None:
    date = _date(*match.group(1, 2, 3))
    return f"{date}, {_clock(match[4], match[5], None)}" if date and match[4] else date


@reader(r"([0-9]{1,2})([/.-])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
def _numeric(match: re.Match[str]) -> str | None:
    first, second, year_ = match.group(1, 3, 4)
    if match[2] == "." or int(first) > 12:  # 22.11.2026 and 22/11/2026 are written day first
        first, second = second, first
    return _date(year_, first, second)


@reader(
    rf"(?P<month>{_MONTH})\s?(?P<day>{_DAY})(?P<to>\s?-\s?(?P<last>{_DAY}))?(?:st|nd|rd|th)?"
    rf"(?:(?P<comma>,?)\s+(?P<year>{_YEAR})\b)?",
    re.IGNORECASE,
)
def _month_day(match: re.Match[str]) -> str | None:
    if match["month"].islower() and match["month"] in ("may", "march"):
        return None
    said = f"{_month(match['month'])} {ordinal(int(match['day']))}"
    if match["last"]:
        said += f" to {ordinal(int(match['last']))}"
    return said + (f", {_said_year(match['year'])}" if match["year"] else "")


@reader(
    rf"(?:the\s)?(?P<day>{_DAY})(?:st|nd|rd|th)?(?:\sof)?\s(?P<month>{_MONTH})(?:,?\s(?P<year>{_YEAR})\b)?",
    re.IGNORECASE,
)
def _day_month(match: re.Match[str]) -> str | None:
    if match["month"].islower():
        return None  # "the 2nd may be late"
    said = f"the {ordinal(int(match['day']))} of {_month(match['month'])}"
    return said + (f", {_said_year(match['year'])}" if match["year"] else "")


@reader(rf"(?P<month>{_MONTH})\s(?P<year>{_YEAR})", re.IGNORECASE)
def _month_year(match: re.Match[str]) -> str:
    return f"{_month(match['month'])} {_said_year(match['year'])}"


@reader(r"(?:Jan|Feb|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)(?:\.|(?=\s[0-9]))|(?:Jan|Feb|Apr|Aug|Sept|Oct|Nov|Dec)")
def _month_alone(match: re.Match[str]) -> str:
    return _month(match[0])


@reader(r"(Mon|Tues?|Wed|Thu(?:rs?)?|Fri)(\.?)|(Sat|Sun)(\.(?=[ ,])|(?=,))")
def _weekday(match: re.Match[str]) -> str:
    return _DAYS[(match[1] or match[3]).lower()]


@reader(rf"([01]?[0-9]|2[0-4]):([0-5][0-9])(?::([0-5][0-9]))?{_HALF_OF_DAY}?", re.IGNORECASE)
def _time(match: re.Match[str]) -> str:
    if match[3]:  # with seconds: a time, a duration or a record; figures in pairs fit all of them
        tail = " ".join(two_figures(int(pair)) if int(pair) else "oh oh" for pair in match.group(2, 3))
        half = f" {match['half'].upper()}M" if match["half"] else ""
        return f"{cardinal(int(match[1]))} {tail}{half}"
    return _clock(match[1], match[2], match["half"])


@reader(rf"(1[0-2]|0?[1-9]){_HALF_OF_DAY}", re.IGNORECASE)
def _hour(match: re.Match[str]) -> str:
    return f"{cardinal(int(match[1]))} {match['half'].upper()}M"


@reader(
    rf"(?P<from>(?:1[0-2]|0?[1-9])(?::[0-5][0-9])?)\s?-\s?(?P<to>1[0-2]|0?[1-9])(?P<minute>:[0-5][0-9])?"
    rf"{_HALF_OF_DAY}",
    re.IGNORECASE,
)
def _hours(match: re.Match[str]) -> str:
    hour, _, minute = match["from"].partition(":")
    first = f"{cardinal(int(hour))} {two_figures(int(minute))}" if int(minute or 0) else cardinal(int(hour))
    return f"{first} to {_clock(match['to'], (match['minute'] or ':00')[1:], match['half'])}"


@reader(r"'?((?:1[0-9]|20)?[1-9]0)'?s")
def _decade(match: re.Match[str]) -> str | None:
    figures = match[1]
    if len(figures) == 4:
        return plural(year(int(figures)))
    return plural(cardinal(int(figures)))


@reader(r"'([0-9]{2})")
def _short_year(match: re.Match[str]) -> str:
    return two_figures(int(match[1]))


@reader(rf"({_YEAR})\s?-\s?({_YEAR}|[0-9]{{2}})")
def _years(match: re.Match[str]) -> str | None:
    last = match[2] if len(match[2]) == 4 else match[1][:2] + match[2]
    if int(last) <= int(match[1]):
        return None
    return f"{year(int(match[1]))} to {year(int(match[2])) if len(match[2]) == 4 else two_figures(int(match[2]))}"


@reader(r"(?:1[1-9]|20)[0-9]{2}(?![.,][0-9])")
def _year_alone(match: re.Match[str]) -> str:
    return year(int(match[0]))


@reader(r"(?:24/7|9/11)")
def _by_name(match: re.Match[str]) -> str:
    return "twenty four seven" if match[0] == "24/7" else "nine eleven"


@reader(r"[0-9]{1,3}:[0-9]{1,3}(?::[0-9]{1,3})*")
def _ratio(match: re.Match[str]) -> str:
    return " to ".join(
        cardinal(int(part)) if part == part.lstrip("0") else digits(part) for part in match[0].split(":")
    )


DATES: tuple[Reader, ...] = (
    _iso,
    _numeric,
    _hours,
    _time,
    _hour,
    _month_day,
    _day_month,
    _month_year,
    _month_alone,
    _weekday,
    _by_name,
    _decade,
    _short_year,
    _years,
    _ratio,
)
"""Tried before quantities."""

YEARS: tuple[Reader, ...] = (_year_alone,)
"""Tried after quantities: 1984 alone is a year, 1984 km is not."""
