"""What others than the GA service call the same events: a table and pure functions for each dialect."""
