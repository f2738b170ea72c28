"""Pairs of submissions that look alike, as a lead for a person to follow."""
