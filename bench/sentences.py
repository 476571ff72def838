"""Twenty everyday sentences as a model writes them, and the words that a listener should hear."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence to be spoken.

    Attributes:
        written: What the engine is given.
        heard: Every way of saying it that is right, as words without punctuation.
    """

    written: str
    heard: tuple[str, ...]


SENTENCES: tuple[Sentence, ...] = (
    Sentence("Paris is the capital of France.", ("paris is the capital of france",)),
    Sentence(
        "The museum opens at 9:30 am and closes at 5 pm.",
        ("the museum opens at nine thirty am and closes at five pm",),
    ),
    Sentence(
        "A ticket costs $12.50, or $40 for a family of 4.",
        (
            "a ticket costs twelve dollars and fifty cents or forty dollars for a family of four",
            "a ticket costs twelve dollars fifty cents or forty dollars for a family of four",
        ),
    ),
    Sentence(
        "The meeting was moved to Nov 22, 2026.",
        ("the meeting was moved to november twenty second twenty twenty six",),
    ),
    Sentence(
        "Tomorrow will be sunny, with a high of 25 °C and winds of 15 km/h.",
        ("tomorrow will be sunny with a high of twenty five degrees celsius and winds of fifteen kilometers per hour",),
    ),
    Sentence(
        "Dr. Smith can see you at 3:45, e.g. next Tuesday.",
        ("doctor smith can see you at three forty five for example next tuesday",),
    ),
    Sentence(
        "About 71% of the Earth's surface is covered by water.",
        ("about seventy one percent of the earth's surface is covered by water",),
    ),
    Sentence(
        "The **Eiffel Tower** is 330 m tall and was finished in 1889.",
        ("the eiffel tower is three hundred thirty meters tall and was finished in eighteen eighty nine",),
    ),
    Sentence(
        "Mix 1/2 cup of sugar with 3 eggs, then add 200 g of flour.",
        ("mix one half cup of sugar with three eggs then add two hundred grams of flour",),
    ),
    Sentence(
        "You can reach us at 555-0134 or at help@example.com.",
        ("you can reach us at five five five zero one three four or at help at example dot com",),
    ),
    Sentence(
        "The company made $1.2 million in the 1990s.",
        ("the company made one point two million dollars in the nineteen nineties",),
    ),
    Sentence(
        "I live near the park, but I have never read that book.",
        ("i live near the park but i have never read that book",),
    ),
    Sentence(
        "The train leaves at 15:30 & takes 2-3 hours.",
        ("the train leaves at fifteen thirty and takes two to three hours",),
    ),
    Sentence(
        "She came 1st in the race, and he came 22nd.",
        ("she came first in the race and he came twenty second",),
    ),
    Sentence(
        "NASA and the FBI are both based in the U.S.",
        ("nasa and the fbi are both based in the us",),
    ),
    Sentence(
        "World War II ended on 1945-09-02.",
        ("world war two ended on september second nineteen forty five",),
    ),
    Sentence(
        "The car was going 60 mph in a 35 mph zone!",
        ("the car was going sixty miles per hour in a thirty five miles per hour zone",),
    ),
    Sentence(
        "Pi is roughly 3.14159, and light travels 299,792 km every second.",
        (
            (
                "pi is roughly three point one four one five nine and light travels two hundred "
                "ninety nine thousand seven hundred ninety two kilometers every second"
            ),
        ),
    ),
    Sentence(
        "- Buy 2 kg of apples\n- Pay the €30 bill\n- Call Mrs. Jones",
        (
            "buy two kilograms of apples pay the thirty euros bill call missus jones",
            "by two kilograms of apples pay the thirty euros bill call missus jones",
        ),
    ),
    Sentence(
        "Would you like me to explain how it works, or should we start with an example?",
        ("would you like me to explain how it works or should we start with an example",),
    ),
)
