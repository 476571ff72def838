"""Several sound cards that can be plugged in and out one by one: each is a PulseAudio daemon of its own.

ALSA knows each by its name, and PortAudio lists those whose daemon answers.
"""

import shutil
import tempfile
from pathlib import Path

from virtual_sound import VirtualSound

_CARD = 'pcm.{name} {{ type asym {sides} hint {{ show on description "a card" }} }}\n'
_SIDES = {"speaker": "playback.pcm", "microphone": "capture.pcm"}
_DEFAULT = "pcm.!default {{ type asym playback.pcm {speaker} capture.pcm {microphone} }}\n"


class SoundCards:
    """The cards, none of which is plugged in at first.

    Attributes:
        env: What to merge into the environment of a program that shall use them.
    """

    def __init__(self, **sides: tuple[str, ...]) -> None:
        """Name the cards, and say of each whether it is a speaker, a microphone, or both."""
        self._folder = Path(tempfile.mkdtemp(prefix="rc-"))
        self._cards = {name: VirtualSound() for name in sides}
        self._sides = sides
        self._conf = self._folder / "asound.conf"
        self._default = ""
        self._write()
        self.env = {
            "XDG_RUNTIME_DIR": str(self._folder),
            "PULSE_SERVER": f"unix:{self._folder}/nobody",
            "PULSE_COOKIE": str(self._folder / "cookie"),
            "ALSA_CONFIG_PATH": str(self._conf),
        }

    def __getitem__(self, name: str) -> VirtualSound:
        return self._cards[name]

    def choose_default(self, *, microphone: str, speaker: str) -> None:
        """Say which cards one gets without asking for one."""
        self._default = _DEFAULT.format(speaker=speaker, microphone=microphone)
        self._write()

    def plug(self, *names: str) -> None:
        """Plug cards in."""
        for name in names:
            self._cards[name].start()

    def unplug(self, *names: str) -> None:
        """Pull cards out."""
        for name in names:
            self._cards[name].unplug()

    def stop(self) -> None:
        """End everything."""
        for card in self._cards.values():
            card.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write(self) -> None:
        cards = [
            _CARD.format(
                name=name,
                sides=" ".join(
                    f'{_SIDES[side]} {{ type pulse server "unix:{card.socket}" }}' for side in self._sides[name]
                ),
            )
            for name, card in self._cards.items()
        ]
        new = self._conf.with_suffix(".new")
        new.write_text("".join(cards) + self._default)
        new.replace(self._conf)  # at once: PortAudio may be reading it
