"""What a person sets once: the config file with its profiles, and the keys of servers."""
