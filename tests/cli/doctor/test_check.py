import contextlib
from collections.abc import AsyncIterator

import pytest

from realtime_chat.cli.doctor.check import Check, at_once, examine
from realtime_chat.cli.doctor.finding import Finding, Verdict

GOOD = Finding("good", Verdict.OK, "it is")


async def half_broken() -> AsyncIterator[Finding]:
    yield GOOD
    raise ZeroDivisionError("of a kind")


async def cut_off() -> AsyncIterator[Finding]:
    raise KeyboardInterrupt
    yield GOOD


async def test_a_check_that_breaks_is_a_finding_and_the_others_run():
    found: list[Finding] = []
    done: list[str] = []

    def shown(doing: str) -> contextlib.nullcontext[None]:
        done.append(doing)
        return contextlib.nullcontext()

    checks = [Check("half", "Halving", half_broken), Check("whole", "Healing", at_once(lambda: [GOOD, GOOD]))]
    await examine(checks, found.append, shown)
    assert [finding.name for finding in found] == ["good", "half", "good", "good"]
    assert found[1].verdict is Verdict.FAIL
    assert "ZeroDivisionError: of a kind" in found[1].what
    assert "--bundle" in found[1].todo
    assert set(done) == {"Halving", "Healing"}


async def test_what_ends_the_program_is_no_finding():
    found: list[Finding] = []
    with pytest.raises(KeyboardInterrupt):
        await examine([Check("cut", "", cut_off)], found.append, lambda _: contextlib.nullcontext())
    assert found == []


def test_a_row_begins_with_its_type():
    assert list(GOOD.row().items()) == [
        ("type", "finding"),
        ("name", "good"),
        ("verdict", "ok"),
        ("what", "it is"),
        ("todo", ""),
    ]
