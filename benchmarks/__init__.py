"""Measurements, always side by side with something to compare with."""
