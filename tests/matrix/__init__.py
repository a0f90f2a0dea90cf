"""Every combination of the toggles, and some of the other answers, against the project's gates."""
