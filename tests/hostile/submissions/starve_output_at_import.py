"""Prints for ever at import."""

while True:
    print("loading")
