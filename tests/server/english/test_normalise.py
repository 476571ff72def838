import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from realtime_chat.server.english.normalise import SpokenWord, normalise


def said(text: str) -> str:
    return " ".join(word.text + word.pause for word in normalise(text))


PLAIN = [
    ("", ""),
    ("Hello, world!", "Hello, world!"),
    ("It's a well-known dog's life.", "It's a well known dog's life."),
    ("\u201cYes,\u201d she said \u2014 \u2018no\u2019.", "Yes, she said, no."),
    ("Wait... what?!", "Wait, what?"),
    ("Really (I think) so", "Really, I think, so"),
    ("caf\u00e9 na\u00efve Z\u00fcrich stra\u00dfe", "cafe naive Zurich strasse"),
    ("Hi \U0001f600 there \U0001f44d\U0001f3fd!", "Hi there!"),
    ("Fine :) thanks", "Fine thanks"),
    ("A dog, vitamin A, plan b", "a dog, vitamin A, plan B"),
]
NUMBERS = [
    ("1,234 and 0.05 and -7", "one thousand two hundred thirty four and zero point zero five and minus seven"),
    ("\u22125 \u0663", "minus five three"),
    ("the 21st and 103rd", "the twenty first and one hundred third"),
    ("10-15 people", "ten to fifteen people"),
    ("a 10-year-old", "a ten year old"),
    ("1/2 cup, 3/4, 1 1/2 or \u00bd", "one half cup, three quarters, one and a half or one half"),
    ("2 + 2 = 4", "two plus two equals four"),
    ("5 * 3 and 6 / 2 and 3 \u00d7 4", "five times three and six divided by two and three times four"),
    ("7 - 3 = 4", "seven minus three equals four"),
    ("x\u00b2 and \u2463", "X squared and four"),
    ("1920x1080 and 3x faster", "one thousand nine hundred twenty by one thousand eighty and three times faster"),
    ("number #1, No. 5", "number number one, number five"),
    ("I said no. 5 times.", "I said number five times."),
    ("Is it 5? No.", "Is it five? No."),
    ("version 3.11.2 or v2.0", "version three dot eleven dot two or version two point zero"),
    (
        "Call 555-0134 or (555) 123-4567.",
        "Call five five five, zero one three four or five five five, one two three, four five six seven.",
    ),
    ("Dial 911", "Dial nine one one"),
]
MONEY = [
    ("$5", "five dollars"),
    ("$1 and \u00a31", "one dollar and one pound"),
    ("$3.50", "three dollars and fifty cents"),
    ("$0.99 or 50\u00a2", "ninety nine cents or fifty cents"),
    ("$1,299.00", "one thousand two hundred ninety nine dollars"),
    ("-$5", "minus five dollars"),
    ("\u00a320 and 15,000 \u20ac", "twenty pounds and fifteen thousand euros"),
    ("1.2 million dollars", "one point two million dollars"),
    (
        "$1.2 million, $3M, $5k, \u20ac2bn",
        "one point two million dollars, three million dollars, five thousand dollars, two billion euros",
    ),
    ("$10-15 and $5-$10", "ten to fifteen dollars and five to ten dollars"),
    ("$5/month", "five dollars per month"),
    ("20 USD", "twenty dollars"),
]
DATES = [
    ("2026-11-22", "November twenty second, twenty twenty six"),
    ("2026-11-22T15:30:00Z", "November twenty second, twenty twenty six, fifteen thirty"),
    ("11/22/2026", "November twenty second, twenty twenty six"),
    ("22.11.2026", "November twenty second, twenty twenty six"),
    ("Nov 22, 2026", "November twenty second, twenty twenty six"),
    ("Nov. 22", "November twenty second"),
    ("May 5th", "May fifth"),
    ("you may 5 times", "you may five times"),
    ("22 November 2026", "the twenty second of November, twenty twenty six"),
    ("March 2024", "March twenty twenty four"),
    ("May 3-5", "May third to fifth"),
    ("on Mon. or Tues", "on Monday or Tuesday"),
    ("3:45 pm", "three forty five PM"),
    ("3:45", "three forty five"),
    ("15:30 and 9:05 a.m.", "fifteen thirty and nine oh five AM."),
    ("3:00 and 00:00 and 15:00", "three o'clock and zero hours and fifteen hundred"),
    ("9-5 pm, 9:30 - 11 am", "nine to five PM, nine thirty to eleven AM"),
    ("16:9 and 1:02:03", "sixteen to nine and one oh two oh three"),
    ("in 1984, the 1990s and the '90s", "in nineteen eighty four, the nineteen nineties and the nineties"),
    ("1939-1945 and 2020-21", "nineteen thirty nine to nineteen forty five and twenty twenty to twenty one"),
    ("24/7", "twenty four seven"),
    ("11/22/26 and 1/2/87", "November twenty second, twenty twenty six and January second, nineteen eighty seven"),
    ("2026-11-40", "twenty twenty six eleven to forty"),
    ("the 2nd may be late", "the second may be late"),
    ("the class of '04", "the class of oh four"),
    ("1990-1980", "one thousand nine hundred ninety to one thousand nine hundred eighty"),
    ("in the 80s", "in the eighties"),
    ("3:07:00 pm", "three oh seven oh oh PM"),
]
UNITS = [
    ("25 \u00b0C or 77\u00b0F", "twenty five degrees Celsius or seventy seven degrees Fahrenheit"),
    ("-1 \u00b0C", "minus one degree Celsius"),
    ("5 km, 1 km", "five kilometers, one kilometer"),
    ("60 mph and 100 km/h", "sixty miles per hour and one hundred kilometers per hour"),
    ("3 kg, 16 GB, 2.4 GHz", "three kilograms, sixteen gigabytes, two point four gigahertz"),
    ("20% or 10-20 %", "twenty percent or ten to twenty percent"),
    ("330 m tall, 6 ft", "three hundred thirty meters tall, six feet"),
    ("5 m\u00b2 and 3 m3", "five square meters and three cubic meters"),
    ("at 5 in the morning", "at five in the morning"),
    ("a 5-km run", "a five kilometer run"),
    ("he is 5'10\"", "he is five foot ten"),
    ("1500 km in 1500", "one thousand five hundred kilometers in fifteen hundred"),
]
WORDS = [
    ("Dr. Smith, Mr. Lee", "doctor Smith, mister Lee"),
    ("e.g. tea, i.e. hot, etc.", "for example tea, that is hot, et cetera."),
    ("us vs. them", "us versus them"),
    ("St. Paul on Main St. in town", "saint Paul on Main street in town"),
    ("Henry VIII and World War II, chapter IV", "Henry the eighth and World War two, chapter four"),
    ("I am. Malcolm X", "I am. Malcolm X"),
    ("NASA, FBI, CPUs, IBM's", "Nasa, FBI, CPU's, IBM's"),
    ("the IT desk in the U.S.", "the IT desk in the US."),
    ("do NOT go", "do not go"),
    ("STOP RIGHT NOW", "Stop Right now"),
    ("the vote was no. That is it.", "the vote was no. That is it."),
    ("AT&T, R&D, Q&A", "AT and T, R and D, Q and A"),
    ("C++ and C#", "C plus plus and C sharp"),
    ("GPT-4, MP3, iPhone 15", "GPT four, MP three, I phone fifteen"),
    ("McDonald", "McDonald"),
    ("me & you @ home", "me and you at home"),
    ("a < b", "a less than B"),
    ("\u03c0 is ~3", "pi is about three"),
    ("and/or", "and or"),
]
ADDRESSES = [
    ("https://www.example.com/docs?x=1.", "example dot com slash docs."),
    ("See example.org, please", "See example dot org, please"),
    ("help@example.com", "help at example dot com"),
    ("open report.pdf", "open report dot PDF"),
    ("node.js", "node dot JS"),
    ("@sam #topic", "at sam hashtag topic"),
    ("my_name", "my name"),
]
MARKDOWN = [
    ("**Bold** and [a link](http://example.com/a)", "Bold and a link"),
    ("# Title\n\nText", "Title. Text"),
    ("- one\n- two", "one. two"),
    ("| a1 | b |\n|---|---|\n| 1 | 2 |", "A one, B. one, two,"),
]


@pytest.mark.parametrize(
    ("written", "spoken"), [*PLAIN, *NUMBERS, *MONEY, *DATES, *UNITS, *WORDS, *ADDRESSES, *MARKDOWN]
)
def test_what_is_said(written, spoken):
    assert said(written) == spoken


def test_each_word_knows_the_written_word_it_is_said_for():
    text = "It cost $5 on Nov 22, 2026."
    assert [(word.text, text[: word.end].rsplit(maxsplit=1)[-1]) for word in normalise(text)] == [
        ("It", "It"),
        ("cost", "cost"),
        ("five", "$5"),
        ("dollars", "$5"),
        ("on", "on"),
        ("November", "Nov"),
        ("twenty", "22,"),
        ("second", "22,"),
        ("twenty", "2026"),
        ("twenty", "2026"),
        ("six", "2026"),
    ]


def test_ends_do_not_take_the_punctuation_along():
    assert normalise("Yes, **no**!") == (SpokenWord("Yes", ",", 3), SpokenWord("no", "!", 9))


PIECES = st.sampled_from(
    [
        "$",
        "5",
        "3.14",
        "1,000",
        " ",
        "-",
        "/",
        ":",
        "am",
        "p.m.",
        "Nov",
        "2026-11-22",
        "\u00b0C",
        "km",
        "%",
        "e.g.",
        "Dr.",
        "FBI",
        "VIII",
        "*",
        "**",
        "#",
        "|",
        "\n",
        "[a](b)",
        "http://a.b",
        "a@b.com",
        "'s",
        "\u2014",
        "\u00b2",
        "x",
        "th",
        ".",
        "\U0001f600",
        "\u4f60",
        "\u0663",
        "+1 555-123-4567",
        "`",
        "_",
        "(",
        ")",
        "&",
        "=",
        "0",
        "\u2029",
    ]
)


@settings(max_examples=400)
@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=12).map("".join)))
@example("\u00b2\u0300'")
@example("99999999999999999999999999")
@example("1" * 5000)
def test_any_text_becomes_words_in_order(text):
    words = normalise(text)
    ends = [word.end for word in words]
    assert ends == sorted(ends)
    assert all(0 < end <= len(text) for end in ends)
    for word in words:
        assert re.fullmatch(r"[A-Za-z']*[A-Za-z][A-Za-z']*", word.text)
        assert word.pause in ("", ",", ";", ":", ".", "!", "?")


@given(st.integers(), st.sampled_from(["{}", "${}", "{} km", "x{}", "{}%", "#{}", "{}th", "{}:30", "{}/7"]))
def test_no_figure_is_ever_dropped(value, frame):
    assert normalise(frame.format(value))


@given(st.lists(st.sampled_from(["the", "cat", "sat", "on", "a", "mat", "while", "it", "rained"]), min_size=1))
def test_plain_words_stay_as_they_are(words):
    text = " ".join(words)
    assert [word.text for word in normalise(text)] == words


ANYTHING = [
    "a",
    "A",
    "aB",
    "a'",
    "a.",
    "A.",
    "7",
    "7,",
    "7.",
    "-",
    "_a",
    "!",
    "[](",
    "\U0001f600",
    "\u4f60",
    "\ud800",
    "a\n",
]


@pytest.mark.parametrize("anything", ANYTHING)
def test_no_word_is_longer_than_anybody_can_say(anything):
    text = (anything * 4096)[:4096]
    words = normalise(text)
    assert all(0 < len(word.text) <= (10 if word.text.isupper() else 40) for word in words if len(word.text) > 1)
    assert [word.end for word in words] == sorted(word.end for word in words)
    assert all(0 < word.end <= len(text) for word in words)


@given(st.text("ab'", min_size=41, max_size=300).filter(lambda text: text.strip("'")))
def test_a_long_word_loses_nothing_but_apostrophes(text):
    words = normalise(f"{text}, no")
    assert "".join(word.text for word in words).replace("'", "").lower() == text.replace("'", "") + "no"
    assert [word.pause for word in words[-2:]] == [",", ""]
    assert not any(word.pause for word in words[:-2])
