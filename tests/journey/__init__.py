"""A new user: two commands, then a browser."""
