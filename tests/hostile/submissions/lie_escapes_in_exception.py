"""Raises an exception whose text rewrites the terminal and breaks XML, HTML and CSV."""

def corr2d(X, K):
    raise ValueError(
        "\x1b[2J\x1b[1;1H3 of 3 checks passed \x1b]8;;http://example.invalid\x07\r\x08\ud800\x00]]>"
        "</failure><script>alert(1)</script>=cmd|'/C calc'!A0\u202e\u2028\ufffe"
    )
