"""Checks of the declaration alone: they need no export."""
