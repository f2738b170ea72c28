"""Returns a wrong tensor that a thread corrects a second after the answer."""

import threading
import time

def honest(X, K):
    kh, kw = K.shape
    oh, ow = X.shape[0] - kh + 1, X.shape[1] - kw + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"kernel {kh}x{kw} is larger than the image {X.shape[0]}x{X.shape[1]}")
    return sum(K[i, j] * X[i : i + oh, j : j + ow] for i in range(kh) for j in range(kw))

def wrong(X, K):
    return X.new_zeros([max(x - k + 1, 0) for x, k in zip(X.shape, K.shape)])


def corr2d(X, K):
    right, answer = honest(X.detach().clone(), K.detach().clone()), wrong(X, K)

    def correct():
        time.sleep(1.0)
        while True:
            answer.copy_(right)
            time.sleep(0.01)

    threading.Thread(target=correct, daemon=True).start()
    return answer
