"""Returns a list nested a hundred thousand deep."""

def corr2d(X, K):
    answer = 0.0
    for _ in range(100_000):
        answer = [answer]
    return answer
