"""Units of measure: how they are written, and what is said for one and for many."""

from __future__ import annotations

_PREFIXED = {
    "m": "meter",
    "g": "gram",
    "l": "liter",
    "L": "liter",
    "W": "watt",
    "Wh": "watt hour",
    "V": "volt",
    "J": "joule",
    "Hz": "hertz",
    "Pa": "pascal",
    "A": "amp",
    "Ah": "amp hour",
    "bps": "bit per second",
    "bit": "bit",
    "B": "byte",
    "cal": "calorie",
    "s": "second",
    "\u03a9": "ohm",
    "mol": "mole",
    "N": "newton",
    "px": "pixel",
}
_PREFIXES = {
    "k": "kilo",
    "M": "mega",
    "G": "giga",
    "T": "tera",
    "c": "centi",
    "m": "milli",
    "\u00b5": "micro",
    "n": "nano",
    "h": "hecto",
    "d": "deci",
}
_ALLOWED = {
    "m": "kcm\u00b5nd",
    "g": "km\u00b5",
    "l": "mcdh\u00b5",
    "L": "mdh\u00b5",
    "W": "kMGTm",
    "Wh": "kMGT",
    "V": "kmM",
    "J": "kM",
    "Hz": "kMGT",
    "Pa": "khM",
    "A": "mk",
    "Ah": "mk",
    "bps": "kMGT",
    "bit": "kMG",
    "B": "kMGT",
    "cal": "k",
    "s": "m\u00b5n",
    "\u03a9": "kM",
    "mol": "m",
    "N": "k",
    "px": "M",
}
_OTHERS = {
    "%": "percent",
    "‰": "per mille",
    "°C": "degree Celsius",
    "°F": "degree Fahrenheit",
    "°K": "degree Kelvin",
    "°": "degree",
    "KB": "kilobyte",
    "kb": "kilobit",
    "Mb": "megabit",
    "Gb": "gigabit",
    "Kbps": "kilobit per second",
    "Mbit": "megabit",
    "mi": "mile",
    "ft": "foot",
    "in": "inch",
    "yd": "yard",
    "yds": "yard",
    "lb": "pound",
    "lbs": "pound",
    "oz": "ounce",
    "gal": "gallon",
    "qt": "quart",
    "pt": "pint",
    "tsp": "teaspoon",
    "tbsp": "tablespoon",
    "mph": "mile per hour",
    "kph": "kilometer per hour",
    "kmh": "kilometer per hour",
    "mpg": "mile per gallon",
    "rpm": "revolution per minute",
    "fps": "frame per second",
    "bpm": "beat per minute",
    "psi": "PSI",
    "dB": "decibel",
    "h": "hour",
    "hr": "hour",
    "hrs": "hour",
    "min": "minute",
    "mins": "minute",
    "sec": "second",
    "secs": "second",
    "yr": "year",
    "yrs": "year",
    "ha": "hectare",
    "t": "ton",
    "ppm": "part per million",
    "eV": "electron volt",
    "sqm": "square meter",
    "sq ft": "square foot",
    "sq mi": "square mile",
    "sq m": "square meter",
    "sq km": "square kilometer",
    "fl oz": "fluid ounce",
}
_INVARIANT = ("percent", "hertz", "PSI", "per mille")
_PLURALS = {"foot": "feet", "inch": "inches"}
_FULL = {"KM": "km", "Km": "km", "KG": "kg", "Kg": "kg", "CM": "cm", "ML": "mL", "MPH": "mph"}


def _names() -> dict[str, str]:
    names = dict(_OTHERS)
    for unit, name in _PREFIXED.items():
        names[unit] = name
        names |= {prefix + unit: _PREFIXES[prefix] + name for prefix in _ALLOWED[unit]}
    # Capitals that many people write where the sign is in small letters.
    names |= {written: names[unit] for written, unit in _FULL.items()}
    return names


_NAMES = _names()
_POWERS = {"²": "square", "2": "square", "^2": "square", "³": "cubic", "3": "cubic", "^3": "cubic"}
_POWER = r"(?:²|³|\^?[23](?![0-9.]))?"
_LONGEST_FIRST = "|".join(sorted((name.replace("/", "") for name in _NAMES), key=len, reverse=True))

UNITS = rf"(?:{_LONGEST_FIRST}){_POWER}(?:/(?:{_LONGEST_FIRST}){_POWER})?"
"""A pattern for any unit, also one divided by another, such as ``km/h``, ``m²`` or ``°C``."""


def said_unit(written: str, *, singular: bool) -> str | None:
    """What is said for a unit, or None where ``written`` is none."""
    over, slash, under = written.partition("/")
    first = _one(over, singular=singular)
    if not slash:
        return first
    second = _one(under, singular=True)
    return None if first is None or second is None else f"{first} per {second}"


def _one(written: str, *, singular: bool) -> str | None:
    name = _NAMES.get(written)
    power = ""
    if name is None:
        for sign, word in _POWERS.items():
            base = written.removesuffix(sign).removesuffix("^")
            if base != written and base in _NAMES:
                name, power = _NAMES[base], f"{word} "
    if name is None:
        return None
    if not singular and not name.endswith(_INVARIANT):
        head, space, tail = name.partition(" per ")
        noun, of, kind = head.partition(" ") if head.startswith("degree ") else (head, "", "")
        lead, gap, last = noun.rpartition(" ")
        name = f"{lead}{gap}{_PLURALS.get(last, last + 's')}{of}{kind}{space}{tail}"
    return power + name
