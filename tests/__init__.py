"""The tests of the template, one folder per tier."""
