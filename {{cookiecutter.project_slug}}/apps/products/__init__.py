"""Products: the categories and the catalogue that customers browse."""
