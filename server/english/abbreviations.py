"""Abbreviations, and names whose sound their letters do not give."""

from __future__ import annotations

import re

from realtime_chat.server.english.reader import Reader, before, reader

_ABBREVIATIONS = {
    "approx": "approximately",
    "appt": "appointment",
    "apt": "apartment",
    "assn": "association",
    "ave": "avenue",
    "blvd": "boulevard",
    "bldg": "building",
    "capt": "captain",
    "cf": "compare",
    "co": "company",
    "col": "colonel",
    "corp": "corporation",
    "dept": "department",
    "dr": "doctor",
    "e.g": "for example",
    "eg": "for example",
    "esp": "especially",
    "est": "established",
    "et al": "et al",
    "etc": "et cetera",
    "ext": "extension",
    "fig": "figure",
    "gen": "general",
    "gov": "governor",
    "hon": "honorable",
    "i.e": "that is",
    "ie": "that is",
    "inc": "incorporated",
    "incl": "including",
    "jr": "junior",
    "lt": "lieutenant",
    "ltd": "limited",
    "max": "maximum",
    "min": "minimum",
    "misc": "miscellaneous",
    "mr": "mister",
    "mrs": "missus",
    "ms": "miz",
    "mt": "mount",
    "no": "number",
    "ph.d": "PHD",
    "pp": "pages",
    "prof": "professor",
    "rep": "representative",
    "rev": "reverend",
    "sen": "senator",
    "sgt": "sergeant",
    "sr": "senior",
    "tel": "telephone",
    "univ": "university",
    "vol": "volume",
    "vs": "versus",
}
_WITHOUT_DOT = {
    "Dr": "doctor",
    "Mr": "mister",
    "Mrs": "missus",
    "Ms": "miz",
    "vs": "versus",
    "Mt": "mount",
    "approx": "approximately",
    "etc": "et cetera",
    "w/o": "without",
    "w/": "with",
    "b/c": "because",
    "C++": "C plus plus",
    "C#": "C sharp",
    "F#": "F sharp",
    "AT&T": "AT and T",
    "PhD": "PHD",
    "Q&A": "Q and A",
    "Q & A": "Q and A",
    "hmm": "hum",
    "Wi-Fi": "why fie",
    "wi-fi": "why fie",
    "OK": "okay",
    "TV": "TV",
    "JSON": "jason",
    "YAML": "yammel",
    "JPEG": "jay peg",
    "GIF": "gif",
    "SQL": "sequel",
    "GUI": "gooey",
    "RAM": "ram",
    "ROM": "rom",
    "LAN": "lan",
    "PIN": "pin",
    "SIM": "sim",
    "ZIP": "zip",
    "CAPTCHA": "captcha",
    "COVID": "covid",
    "SaaS": "sass",
    "IoT": "IOT",
    "macOS": "mac OS",
    "iOS": "IOS",
}


@reader(r"St\.(?=\s[A-Z])")
def _saint(match: re.Match[str]) -> str:
    return "street" if re.search(r"[A-Z][a-z]+\s$", before(match)) else "saint"


@reader(r"St\.|Rd\.|Ln\.")
def _street(match: re.Match[str]) -> str:
    return {"St.": "street", "Rd.": "road", "Ln.": "lane"}[match[0]]


@reader(r"([A-Za-z]+(?:\s(?=al\.)al)?(?:\.[a-zA-Z])?)\.", re.IGNORECASE)
def _abbreviation(match: re.Match[str]) -> str | None:
    said = _ABBREVIATIONS.get(match[1].lower())
    ends = not match.string[match.end() :].strip()
    if said is None or (ends and match[1].lower() in ("no", "min", "max", "co", "ms", "gen", "apt", "rep", "mt")):
        return None  # "I said no."
    if match[1] == "no" and not re.match(r"\s?[0-9]", match.string[match.end() :]):
        return None
    return said


@reader("|".join(re.escape(word) for word in sorted(_WITHOUT_DOT, key=len, reverse=True)))
def _known(match: re.Match[str]) -> str:
    return _WITHOUT_DOT[match[0]]


ABBREVIATIONS: tuple[Reader, ...] = (_saint, _street, _abbreviation, _known)
"""Tried before acronyms and plain words."""
