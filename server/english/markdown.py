"""Markdown read as plain text: its signs are blanked out, so that every offset stays where it was."""

from __future__ import annotations

import re

BREAK = "\u2029"
"""Stands where a line of its own ends (a heading, a list item, a table row, a paragraph): a pause."""

_FENCE = re.compile(r"^[ \t]*(```|~~~).*$", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*([-*_])(?:[ \t]*\1){2,}[ \t]*$", re.MULTILINE)
_TABLE_RULE = re.compile(r"^[ \t]*(?:[|:][ \t:]*)?-{2,}[-| \t:]*$", re.MULTILINE)
_TABLE_ROW = re.compile(r"^[ \t]*\|(.*)\|[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r"^[ \t]*#{1,6}[ \t]+|(?<![ \t])[ \t]+#+[ \t]*$", re.MULTILINE)
_QUOTE = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE)
_BULLET = re.compile(r"^[ \t]*[-*+•][ \t]+(?:\[[ xX]\][ \t]+)?", re.MULTILINE)
_LINK = re.compile(r"(!?\[)([^\[\]\n]*)(\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:[ \t]+\"[^\"\n]*\")?\))")
_REFERENCE = re.compile(r"\[\^?\d{1,3}\](?!\()")
_EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3})(?=[^\s*])|(?<=[^\s*])(\*{1,3})(?![\w*])|\*{2,3}")
_UNDERSCORE = re.compile(r"(?<!\w)(_{1,3})(?=[^\s_])|(?<=[^\s_])(_{1,3})(?!\w)")
_STRIKE = re.compile(r"~~")
_CODE = re.compile(r"`+")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,500}>|<!--.{0,500}?-->", re.DOTALL)
_LINE_OF_ITS_OWN = re.compile(r"\n(?=[ \t]*(?:\n|#{1,6}[ \t]|[-*+•][ \t]|\d{1,3}[.)][ \t]|\||>|```|~~~|$))")
_AFTER_HEADING = re.compile(r"^([ \t]*(?:#{1,6}[ \t]|\|)[^\n]*)\n", re.MULTILINE)


def blank(text: str) -> str:
    """Blank out markdown's signs, HTML tags and the addresses behind links.

    Args:
        text: Any text.

    Returns:
        A text of the same length, in which what is left stands where it stood: signs are spaces, the walls of
        a table are commas, and a line break that ends a line of its own is `BREAK`.
    """
    text = _AFTER_HEADING.sub(lambda match: match[1] + BREAK, _LINE_OF_ITS_OWN.sub(BREAK, text))
    lines = text.replace(BREAK, "\n")  # the patterns below see lines; the breaks are put back at the end
    for pattern in (_FENCE, _RULE, _TABLE_RULE, _HEADING, _QUOTE, _BULLET, _REFERENCE, _TAG):
        lines = pattern.sub(_spaces, lines)
    lines = _TABLE_ROW.sub(lambda match: match[0].replace("|", ",").replace(",", " ", 1), lines)
    lines = _LINK.sub(lambda match: " " * len(match[1]) + match[2] + " " * len(match[3]), lines)
    for pattern in (_EMPHASIS, _UNDERSCORE, _STRIKE, _CODE):
        lines = pattern.sub(_spaces, lines)
    return "".join(BREAK if old == BREAK else new for old, new in zip(text, lines, strict=True))


def _spaces(match: re.Match[str]) -> str:
    return "".join("\n" if character == "\n" else " " for character in match[0])
