"""Vendors: the shop fronts behind which products are sold."""
