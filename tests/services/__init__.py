"""Projects against the real services that they are made for."""
