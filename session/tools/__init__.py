"""Tools that the model may call: functions of a Python file, and those of MCP servers."""
