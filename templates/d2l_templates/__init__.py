"""Jinja templates for everything the kit writes for people."""
