"""Returns text that no file can hold: lone surrogates, NUL, terminal escapes, text directions."""

def corr2d(X, K):
    return "\ud800\udfff\x00\x1b[2J\x1b]0;all passed\x07\u202epassed\u2066\x9b31m"
