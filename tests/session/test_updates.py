from __future__ import annotations

import pytest

from realtime_chat.protocol.server_events import ErrorDetails
from realtime_chat.session.settings import TurnMode
from realtime_chat.session.updates import Refusal, Updates


def test_a_refusal_is_known_by_its_id() -> None:
    updates = Updates()
    assert [updates.ask(TurnMode.LOCAL), updates.ask(True)] == ["update_1", "update_2"]
    assert updates.refused(ErrorDetails(event_id="other", param="session.audio")) is None
    assert updates.refused(ErrorDetails(event_id="update_2")) == Refusal(True, is_outdated=False)
    assert updates.refused(ErrorDetails(event_id="update_2")) is None
    assert updates.refused(ErrorDetails(event_id="update_1")) == Refusal(TurnMode.LOCAL, is_outdated=False)


@pytest.mark.parametrize(
    "error",
    [
        ErrorDetails(param="session.audio.input.turn_detection"),
        ErrorDetails(message="Invalid value: 'semantic_vad'."),
        ErrorDetails(message="Unknown parameter: 'session.output_modalities'."),
    ],
)
def test_or_by_what_it_speaks_of_where_the_id_is_left_out(error: ErrorDetails) -> None:
    updates = Updates()
    assert updates.refused(error) is None
    updates.ask(TurnMode.TAP)
    assert updates.refused(ErrorDetails(message="No.")) is None
    assert updates.refused(error) == Refusal(TurnMode.TAP, is_outdated=False)


def test_what_is_agreed_cannot_be_refused() -> None:
    updates = Updates()
    updates.agreed()
    updates.ask(TurnMode.LOCAL)
    updates.ask(TurnMode.SERVER)
    updates.agreed()
    assert updates.refused(ErrorDetails(event_id="update_1")) is None
    assert updates.refused(ErrorDetails(event_id="update_2")) == Refusal(TurnMode.SERVER, is_outdated=False)


def test_a_later_one_counts_and_falls_back_further() -> None:
    updates = Updates()
    updates.ask(TurnMode.LOCAL)
    updates.ask(False)
    updates.ask(TurnMode.SERVER)
    assert updates.refused(ErrorDetails(event_id="update_1")) == Refusal(TurnMode.LOCAL, is_outdated=True)
    assert updates.refused(ErrorDetails(event_id="update_3")) == Refusal(TurnMode.LOCAL, is_outdated=False)


def test_a_server_that_never_answers_does_not_fill_the_memory() -> None:
    updates = Updates()
    for _ in range(1000):
        updates.ask(True)
    assert updates.refused(ErrorDetails(event_id="update_1")) is None
    assert updates.refused(ErrorDetails(event_id="update_1000")) == Refusal(True, is_outdated=False)
