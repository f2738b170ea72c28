"""Pages for people, made of what the gradebook knows: a student's feedback, and a class on one page."""
