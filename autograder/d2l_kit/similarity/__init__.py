"""Pairs of submissions that look alike, as a lead for a person to follow.

normal    a source as pieces of normal form: no names, no layout, no order
grams     pieces as fingerprints, winnowed
compare   the works of one exercise, each with each, by what is theirs alone
search    a class, and old classes, read and compared
page      what was found as a page, as text, as JSON
"""
