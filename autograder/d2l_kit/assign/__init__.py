"""Assignments: exercises with points, a due date and rules, read from assignment.toml and built into a hand-out."""
