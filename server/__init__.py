"""The embedded Realtime server: a pure conversation machine, engines, and the app around them."""
