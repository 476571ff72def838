"""The words both ends speak: events, codec, errors. Pure: no I/O, no clock."""
