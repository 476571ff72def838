import logging

import pytest

from realtime_chat.cli.logs import LIBRARIES, start_log


@pytest.fixture
def logger():
    loggers = [logging.getLogger(name) for name in ("realtime_chat", *LIBRARIES)]
    before = [(logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    yield loggers[0]
    for logger, (handlers, level, propagates) in zip(loggers, before, strict=True):
        logger.handlers, logger.propagate = handlers, propagates
        logger.setLevel(level)


def test_the_log_is_clean_and_holds_no_key(logger, capsys, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-key")
    start_log(verbose=True)
    logger.getChild("session").debug("sent sk-secret-key \x1b[2J")
    said = capsys.readouterr().err
    assert said.endswith("realtime_chat.session DEBUG sent [key]\n")


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


def test_an_entry_cannot_pretend_to_be_another(logger, capsys):
    start_log(verbose=True)
    logger.debug("said %s", "yes\n2030-01-01 realtime_chat ERROR no")
    assert capsys.readouterr().err.count("\n") == 1


def test_a_traceback_keeps_its_lines(logger, capsys):
    start_log(verbose=True)
    try:
        raise ValueError("odd \x1b[2J")
    except ValueError:
        logger.exception("broken")
    said = capsys.readouterr().err.splitlines()
    assert said[0].endswith("ERROR broken")
    assert said[-1] == "ValueError: odd "


@pytest.mark.parametrize("name", [*LIBRARIES, "uvicorn.error", "httpcore.connection", "websockets.client"])
def test_what_libraries_tell_of_each_request_is_never_logged(logger, capsys, name):
    start_log(verbose=True, errors=True)
    logging.getLogger(name).info("Authorization: Bearer of-somebody-else")
    assert capsys.readouterr().err == ""
    logging.getLogger(name).warning("odd \x1b[2J")
    assert capsys.readouterr().err.endswith(f"{name} WARNING odd\n")


@pytest.mark.parametrize("errors", [False, True])
def test_a_web_servers_complaint_about_a_client_is_for_v_only(logger, capsys, errors):
    start_log(verbose=False, errors=errors)
    logging.getLogger("uvicorn.error").error("ASGI callable returned without completing handshake.")
    assert capsys.readouterr().err == ""
