"""Sound: frames, gate, playback position, resampling (pure); microphone, speaker, devices, files (I/O)."""
