import re
from pathlib import Path

from realtime_chat.audio import clock


def test_it_never_goes_back() -> None:
    seen = [clock.now() for _ in range(100)]
    assert seen == sorted(seen)


def test_no_other_file_of_the_package_reads_a_clock() -> None:
    folder = Path(clock.__file__).parent
    readers = [
        path.name
        for path in folder.glob("*.py")
        if re.search(r"^\s*(import|from) (time|datetime)\b|loop\.time\(", path.read_text(), re.MULTILINE)
    ]
    assert readers == ["clock.py"]
