"""The untrusted side: a zygote, workers forked from it, and the wire between them and the grader."""
