import pytest

from realtime_chat.cli.announcements import announcement
from realtime_chat.session.notices import DeviceChanged, SpeechStarted, TurnsChanged, VoiceChanged
from realtime_chat.session.settings import TurnMode


@pytest.mark.parametrize("turns", list(TurnMode))
def test_every_way_of_taking_turns_is_told_in_a_sentence(turns):
    sentence = announcement(TurnsChanged(turns), "F5")
    assert sentence.endswith(".")
    assert ("F5" in sentence) is (turns in {TurnMode.TAP, TurnMode.HOLD})


@pytest.mark.parametrize(
    ("notice", "sentence"),
    [
        (VoiceChanged(True), "Answers are spoken again."),
        (VoiceChanged(False), "Answers are shown in writing only."),
        (DeviceChanged("input", None), "There is no microphone: type until one is connected."),
        (DeviceChanged("output", None), "There is no speaker: answers are shown in writing until one is connected."),
        (DeviceChanged("input", "USB \x1b[31mHeadset\n"), "The microphone is now USB Headset."),
        (DeviceChanged("output", "\u202e"), "The speaker is now another one."),
        (SpeechStarted(), None),
    ],
)
def test_sentences(notice, sentence):
    assert announcement(notice, "space") == sentence


def test_nobody_is_told_to_type_who_cannot():
    gone = announcement(DeviceChanged("input", None), "space", can_type=False)
    assert gone == "There is no microphone: connect one to go on."


def test_a_long_name_is_cut():
    assert len(announcement(DeviceChanged("output", "x" * 1000), "space")) < 120
