"""Inventory: how many units exist and to whom they are promised."""
