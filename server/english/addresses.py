"""Web and mail addresses, file names and other runs of letters, figures and signs, spelled the way people do."""

from __future__ import annotations

import re

from realtime_chat.server.english.numbers import cardinal, digits
from realtime_chat.server.english.reader import Reader, reader
from realtime_chat.server.english.word_list import words_of

_DOMAINS = "com|org|net|edu|gov|mil|int|info|io|dev|app|ai|co|me|tv|eu|uk|us|ca|au|de|fr|es|it|nl|ch|at|jp|in"
_FILES = (
    "txt|pdf|docx?|xlsx?|pptx?|csv|json|ya?ml|toml|xml|html?|css|js|ts|py|rs|go|java|cpp|sh|md|png|jpe?g|gif|svg|mp[34]|"
    "wav|flac|ogg|zip|tar|gz|exe|log|ini|cfg|env|sql|onnx|gguf"
)
_AS_LETTERS = words_of(
    """
    pdf csv xml html htm css js ts py rs md png svg gif sh sql uk us eu tv ai io cpp www ftp api url id db
    """
)
_SIGNS = {
    ".": "dot",
    "/": "slash",
    "@": "at",
    "-": "dash",
    "_": "underscore",
    "&": "and",
    "+": "plus",
    "=": "equals",
    "#": "hash",
    "~": "tilde",
    ":": "colon",
    "%": "percent",
}
_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^A-Za-z0-9]")
_VOWEL = re.compile("[aeiouy]", re.IGNORECASE)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = rf"(?:{_LABEL}\.){{1,8}}(?:{_DOMAINS})"
_PATH = r"(?:[/?#][^\s<>\"'()\[\]{},]*[^\s<>\"'()\[\]{},.;:!?]|/)?"


def spell_out(written: str) -> str:
    """Read a run without spaces piece by piece: words as words, the rest as letters, figures and signs."""
    said: list[str] = []
    for piece in _PIECE.findall(written):
        if piece.isdecimal():
            said.append(digits(piece) if piece.startswith("0") or len(piece) > 4 else cardinal(int(piece)))
        elif not piece.isascii() or not piece.isalpha():
            said.append(_SIGNS.get(piece, ""))
        elif piece.lower() in _AS_LETTERS or not _VOWEL.search(piece) or len(piece) == 1:
            said.append(piece.upper())
        else:
            said.append(piece.lower())
    return " ".join(word for word in said if word)


@reader(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
def _mail(match: re.Match[str]) -> str:
    return spell_out(match[0])


@reader(rf"(?:https?|ftp)://(?:www\.)?(?P<host>[^\s/<>\"()\[\]?#]*[^\s/<>\"()\[\]?#.,;:!])(?P<path>{_PATH})")
def _url(match: re.Match[str]) -> str:
    path = re.split("[?#]", match["path"])[0]  # nobody reads a query aloud
    return spell_out(match["host"] + path.rstrip("/"))


@reader(rf"(?:www\.)?(?P<host>{_HOST})(?P<path>{_PATH})", re.IGNORECASE)
def _host(match: re.Match[str]) -> str:
    return spell_out(match["host"] + re.split("[?#]", match["path"])[0].rstrip("/"))


@reader(rf"[\w-]{{1,64}}(?:\.[\w-]{{1,64}}){{0,4}}\.(?:{_FILES})", re.ASCII)
def _file(match: re.Match[str]) -> str:
    return spell_out(match[0].replace("_", " ").replace("-", " "))


@reader(r"[@#][A-Za-z]\w*", re.ASCII)
def _handle(match: re.Match[str]) -> str:
    sign = "at" if match[0].startswith("@") else "hashtag"
    return f"{sign} {spell_out(match[0][1:].replace('_', ' '))}"


@reader(
    r"(?=[A-Za-z0-9_]*[0-9])(?=[A-Za-z0-9_]*[A-Za-z])[A-Za-z0-9_]+(?:-[0-9]+)?|\w+_\w+|[a-z]+[A-Z]\w*|[A-Z][a-z]+[A-Z]\w*",
    re.ASCII,
)
def _mixed(match: re.Match[str]) -> str | None:
    if match[0].startswith(("Mc", "Mac", "O'")) and match[0].isalpha():
        return None  # a name
    return spell_out(match[0].replace("_", " ").replace("-", " "))


ADDRESSES: tuple[Reader, ...] = (_mail, _url, _host, _file, _handle)
"""Tried first: they hold dots, dashes and figures that mean other things elsewhere."""

MIXED: tuple[Reader, ...] = (_mixed,)
"""Letters and figures in one word, such as ``GPT-4``, ``B2B`` or ``snake_case``; tried after quantities."""
