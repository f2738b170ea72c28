"""The trusted side: checks, assertions, verdicts, diagnosis."""
