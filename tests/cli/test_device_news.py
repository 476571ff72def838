from realtime_chat.cli.device_news import DeviceNews
from realtime_chat.session.notices import DeviceChanged


def test_what_was_said_before_anybody_watched_is_told_first() -> None:
    news, told = DeviceNews(), []
    news("output", None)
    news.watch(told.append)
    news("output", "Speakers")
    assert told == [DeviceChanged("output", None), DeviceChanged("output", "Speakers")]
