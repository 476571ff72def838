"""One conversation, client side: the pure machine, and the connection and runner around it."""
