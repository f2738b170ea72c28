"""Where a class is graded: the processes of this machine, or a Ray cluster."""
