import logging

import pytest

from realtime_chat.cli.logs import start_log


@pytest.fixture
def logger():
    logger = logging.getLogger("realtime_chat")
    before = (logger.handlers[:], logger.level, logger.propagate)
    yield logger
    logger.handlers, logger.level, logger.propagate = before


def test_the_log_is_clean_and_holds_no_key(logger, capsys, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-key")
    start_log(verbose=True)
    logger.getChild("session").debug("sent sk-secret-key \x1b[2J")
    said = capsys.readouterr().err
    assert said.endswith("realtime_chat.session DEBUG sent [key] \n")


def test_without_v_nothing_is_logged(logger, capsys):
    start_log(verbose=True)
    start_log(verbose=False)
    logger.error("broken")
    assert capsys.readouterr().err == ""


def test_a_server_goes_on_after_errors_and_logs_them(logger, capsys):
    start_log(verbose=False, errors=True)
    logger.info("fine")
    logger.error("broken")
    assert capsys.readouterr().err.count("\n") == 1
