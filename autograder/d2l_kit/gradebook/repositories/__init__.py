"""A class's git repositories as a class folder: each student's work as it was at the due date.

Nothing of a student's repository is ever checked out, so none of its hooks, filters, attributes, submodules or links
can mean anything: commits are fetched into an empty bare repository, and the files that a grader reads are taken from
it one by one. The parts, each knowing only those above it:

    listing   repositories.csv: whose repository is where
    history   which commit is the state of a moment
    _git      git, made to obey nobody but us
    pushes    when GitHub saw each push, as a commit's own time is the student's word
    table     collected.csv: what was taken for whom, and why; it is a times file for `grade`, too
    collect   all of it together, for a class
"""
