from __future__ import annotations

import os

import pytest

from realtime_chat.server.errors import KeyUnfit
from realtime_chat.server.key_file import key_in, read_key

KEY = "a-key-of-forty-letters-and-more-0123456789"


def file_with(tmp_path, content: bytes, mode: int = 0o600):
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("content", [KEY, f"{KEY}\n", f"  {KEY}\r\n"])
@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_key(tmp_path, content, mode):
    assert read_key(file_with(tmp_path, content.encode(), mode)) == KEY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
@pytest.mark.skipif(os.name == "nt", reason="modes say nothing there")
def test_a_file_that_others_can_read(tmp_path, mode):
    with pytest.raises(KeyUnfit, match="chmod 600") as unfit:
        read_key(file_with(tmp_path, KEY.encode(), mode))
    assert f"{mode:03o}" in str(unfit.value)
    assert KEY not in str(unfit.value)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"short", b"two lines of\nsomething else", b"a key with spaces in it", b"\xff" * 40, b"k" * 5_000],
)
def test_a_file_that_holds_no_key(tmp_path, content):
    with pytest.raises(KeyUnfit, match="openssl"):
        read_key(file_with(tmp_path, content))


@pytest.mark.parametrize("value", [KEY, f"  {KEY}\n", "k" * 16])
def test_a_key_in_a_variable(value):
    assert key_in("THE_KEY", {"THE_KEY": value}) == value.strip()


@pytest.mark.parametrize("variables", [{}, {"THE_KEY": ""}, {"THE_KEY": " \n"}])
def test_no_key_in_a_variable(variables):
    assert key_in("THE_KEY", variables) is None


@pytest.mark.parametrize("value", ["a", "k" * 15, "schl\u00fcssel-des-servers", "a key with spaces", "two\nlines" * 3])
def test_a_variable_that_holds_no_key(value):
    with pytest.raises(KeyUnfit, match="openssl") as unfit:
        key_in("THE_KEY", {"THE_KEY": value})
    assert "THE_KEY" in str(unfit.value)
    assert len(value) == 1 or value not in str(unfit.value)


def test_no_file(tmp_path):
    with pytest.raises(KeyUnfit, match="No such file"):
        read_key(tmp_path / "nothing")
    with pytest.raises(KeyUnfit, match="file"):
        read_key(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(KeyUnfit, match="no file"):
        read_key(tmp_path / "pipe")
