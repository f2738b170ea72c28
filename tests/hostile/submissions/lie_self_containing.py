"""Returns a list that holds itself."""

def corr2d(X, K):
    answer = []
    answer.append(answer)
    return answer
