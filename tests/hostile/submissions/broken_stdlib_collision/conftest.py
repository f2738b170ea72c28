"""Must not be collected."""

raise RuntimeError("LEAK: the submission's conftest.py was run")
