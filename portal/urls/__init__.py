"""Addresses of the portal."""
