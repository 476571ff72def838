import pytest

from realtime_chat.cli.errors import WrongUsage
from realtime_chat.cli.options import instructions_of


def test_text_is_itself():
    assert instructions_of("Be brief.") == "Be brief."
    assert instructions_of(None) is None


def test_a_file(tmp_path):
    path = tmp_path / "instructions.txt"
    path.write_text("Sei kurz. 漢", encoding="utf-8")
    assert instructions_of(f"@{path}") == "Sei kurz. 漢"


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(WrongUsage, match="No such file"):
        instructions_of(f"@{tmp_path}/nothing")


def test_a_file_that_is_no_text(tmp_path):
    path = tmp_path / "binary"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(WrongUsage, match="UTF-8"):
        instructions_of(f"@{path}")
