import pytest

from realtime_chat.cli.errors import WrongUsage
from realtime_chat.cli.options import LONGEST_INSTRUCTIONS, instructions_of


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


def test_a_file_of_ones_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "instructions.txt").write_bytes(b"Be brief.\r\nBe kind.")
    assert instructions_of("@~/instructions.txt") == "Be brief.\nBe kind."
    with pytest.raises(WrongUsage, match="home"):
        instructions_of("@~nobody-is-called-so/instructions.txt")


def test_a_file_that_is_too_long(tmp_path):
    path = tmp_path / "recording"
    path.write_bytes(b"x" * LONGEST_INSTRUCTIONS)
    assert len(instructions_of(f"@{path}") or "") == LONGEST_INSTRUCTIONS
    path.write_bytes(b"x" * (LONGEST_INSTRUCTIONS + 1))
    with pytest.raises(WrongUsage, match="1 MB"):
        instructions_of(f"@{path}")
