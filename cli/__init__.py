"""The terminal: commands, options, screen, keys. The only place where edges are chosen."""
