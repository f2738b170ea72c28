"""Seeds, sets threads, filters warnings to errors, sets print options and a default type."""

import random
import warnings

import numpy as np
import torch

torch.manual_seed(0)
np.random.seed(0)
random.seed(0)
torch.set_num_threads(2)
torch.set_printoptions(precision=2)
torch.set_default_dtype(torch.float64)
np.seterr(all="raise")
warnings.simplefilter("error")

def corr2d(X, K):
    kh, kw = K.shape
    oh, ow = X.shape[0] - kh + 1, X.shape[1] - kw + 1
    if oh < 1 or ow < 1:
        raise ValueError(f"kernel {kh}x{kw} is larger than the image {X.shape[0]}x{X.shape[1]}")
    return sum(K[i, j] * X[i : i + oh, j : j + ow] for i in range(kh) for j in range(kw))
