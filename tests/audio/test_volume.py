import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_chat.audio.volume import Volume

PCM = st.lists(st.integers(-32_768, 32_767), max_size=600).map(lambda samples: np.array(samples, "<i2").tobytes())


def settled(target: float) -> Volume:
    volume = Volume()
    volume.target = target
    volume.apply(bytes(480))
    return volume


@given(PCM)
def test_at_first_it_changes_nothing(pcm: bytes) -> None:
    assert Volume().apply(pcm) is pcm
    assert settled(1.0).apply(pcm) is pcm


@given(PCM, st.floats(0, 1.5))
def test_it_multiplies_and_clips_and_never_wraps(pcm: bytes, target: float) -> None:
    samples = np.frombuffer(pcm, "<i2")
    got = np.frombuffer(settled(target).apply(pcm), "<i2")
    assert np.allclose(got, np.clip(samples * target, -32_768, 32_767), atol=0.51)


@pytest.mark.parametrize(
    ("asked", "becomes"), [(-1, 0.0), (0.3, 0.3), (1.5, 1.5), (7, 1.5), (float("nan"), 0.0), (float("inf"), 1.5)]
)
def test_there_is_a_least_and_a_most(asked: float, becomes: float) -> None:
    volume = Volume()
    volume.target = asked
    assert volume.target == becomes


@given(st.lists(st.tuples(st.floats(0, 1.5), st.integers(0, 500)), max_size=10))
def test_no_change_makes_a_step(changes: list[tuple[float, int]]) -> None:
    volume = Volume()
    got = [np.full(1, 10_000)]
    for target, samples in changes:
        volume.target = target
        got.append(np.frombuffer(volume.apply(np.full(samples, 10_000, "<i2").tobytes()), "<i2").astype(int))
    assert np.abs(np.diff(np.concatenate(got))).max(initial=0) <= 10_000 * 1.5 / 240 + 1


@given(st.lists(st.integers(0, 300), max_size=10), st.floats(0, 1.5))
def test_it_arrives_after_10_ms_however_that_is_cut(cuts: list[int], target: float) -> None:
    whole, parts = Volume(), Volume()
    whole.target = parts.target = target
    pcm = np.full(sum(cuts), 10_000, "<i2").tobytes()
    got = b""
    for cut in cuts:
        got += parts.apply(pcm[: cut * 2])
    assert np.allclose(np.frombuffer(got, "<i2"), np.frombuffer(whole.apply(pcm), "<i2"), atol=1)
    assert np.allclose(np.frombuffer(got, "<i2")[240:], 10_000 * target, atol=0.51)
