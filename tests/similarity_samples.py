"""Programs for tests of similarity: a long one and its disguises, and honest solutions of corr2d in many styles."""

from __future__ import annotations

PLAIN = """
import torch


def pool2d(X, pool_size, mode="max", stride=None, padding=0):
    # largest or mean value of every window
    window = pool_size if isinstance(pool_size, tuple) else (pool_size, pool_size)
    step = stride or window
    border = padding * 3 - 2
    images, channels = X.shape[0], X.shape[1]
    framed = torch.full((images, channels, X.shape[2] + 2 * border, X.shape[3] + 2 * border), 0.25)
    framed[:, :, border:-border, border:-border] = X.clone()
    values = []
    for top in range(0, framed.shape[2] - window[0] + 1, step[0]):
        for left in range(0, framed.shape[3] - window[1] + 1, step[1]):
            values.append(framed[:, :, top : top + window[0], left : left + window[1]].flatten(2).amax(2))
    return torch.stack(values, dim=-1).view(images, channels, -1)
"""

RENAMED = """
import torch as t


def pool2d(inp, size, kind="max", hop=None, rim=0):
    s = size if isinstance(size, tuple) else (size, size)
    h = hop or s
    r = rim * 3 - 2
    n, c = inp.shape[0], inp.shape[1]
    big = t.full((n, c, inp.shape[2] + 2 * r, inp.shape[3] + 2 * r), 0.25)
    big[:, :, r:-r, r:-r] = inp.clone()
    res = []
    for i in range(0, big.shape[2] - s[0] + 1, h[0]):
        for j in range(0, big.shape[3] - s[1] + 1, h[1]):
            res.append(big[:, :, i : i + s[0], j : j + s[1]].flatten(2).amax(2))
    return t.stack(res, dim=-1).view(n, c, -1)
"""

REORDERED = '''
import torch

def pool2d(X, pool_size, mode="max", stride=None, padding=0):
    """Pools."""
    channels = X.shape[1]
    images = X.shape[0]
    values = []
    border = 3 * padding - 2
    window = pool_size if isinstance(pool_size, tuple) else (pool_size, pool_size)
    step = stride or window
    framed = torch.full((images, channels, 2 * border + X.shape[2], 2 * border + X.shape[3]), 0.25)
    framed[:, :, border:-border, border:-border] = X.clone()
    for top in range(0, 1 + framed.shape[2] - window[0], step[0]):
        for left in range(0, 1 + framed.shape[3] - window[1], step[1]):
            values.append(framed[:, :, top : window[0] + top, left : window[1] + left].flatten(2).amax(2))
    return torch.stack(values, dim=-1).view(images, channels, -1)
'''

REFORMATTED = """
# my own work!!
from torch import full, stack
def pool2d(X:object,pool_size:object,mode:str="max",stride:object=None,padding:int=0)->object:
  window=(pool_size if isinstance(pool_size,tuple)
      else (pool_size,pool_size))
  step=(stride or window); border=(padding*3)-2   # how far
  (images,channels)=(X.shape[0],X.shape[1])
  framed=full((images,channels,X.shape[2]+2*border,
      X.shape[3]+2*border),0.25)
  framed[:,:,border:-border,border:-border]=X.clone()
  values=[]
  for top in range(0,framed.shape[2]-window[0]+1,step[0]):
    for left in range(0,framed.shape[3]-window[1]+1,step[1]):
      values.append(framed[:,:,top:top+window[0],left:left+window[1]].flatten(2).amax(2))
  return stack(values,dim=-1).view(images,channels,-1)
"""

COMPREHENSION = PLAIN.replace(
    PLAIN[PLAIN.index("    values = []") : PLAIN.index("    return torch.stack")],
    """    values = [
        framed[:, :, top : top + window[0], left : left + window[1]].flatten(2).amax(2)
        for top in range(0, framed.shape[2] - window[0] + 1, step[0])
        for left in range(0, framed.shape[3] - window[1] + 1, step[1])
    ]
""",
)

DISGUISES = {
    "renamed": RENAMED,
    "reordered": REORDERED,
    "reformatted": REFORMATTED,
    "comprehension": COMPREHENSION,
}

_BOOK = """
    {h}, {w} = K.shape
    Y = torch.zeros((X.shape[0] - {h} + 1, X.shape[1] - {w} + 1), dtype=X.dtype)
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + {h}, j : j + {w}] * K).sum()
    return Y
"""

# Nobody looked at anybody; three read the same book.
HONEST = (
    _BOOK.format(h="h", w="w"),
    _BOOK.format(h="kh", w="kw"),
    _BOOK.format(h="rows", w="cols"),
    """
    a, b = X.shape[0] - K.shape[0] + 1, X.shape[1] - K.shape[1] + 1
    if a < 1 or b < 1:
        raise ValueError("too big")
    total = 0
    for u in range(K.shape[0]):
        for v in range(K.shape[1]):
            total = total + X[u : u + a, v : v + b] * K[u, v]
    return total
""",
    """
    patches = X.unfold(0, K.size(0), 1).unfold(1, K.size(1), 1)
    return (patches * K).sum(dim=(-2, -1))
""",
    """
    windows = X.unfold(0, K.shape[0], 1).unfold(1, K.shape[1], 1)
    return torch.tensordot(windows, K, dims=([2, 3], [0, 1]))
""",
    """
    result = []
    for r in range(len(X) - len(K) + 1):
        line = []
        for c in range(len(X[0]) - len(K[0]) + 1):
            line.append(torch.sum(X[r : r + len(K), c : c + len(K[0])] * K))
        result.append(torch.stack(line))
    return torch.stack(result)
""",
    """
    kh, kw = K.shape
    out = torch.empty(X.size(0) - kh + 1, X.size(1) - kw + 1).to(X)
    for idx in range(out.numel()):
        i, j = divmod(idx, out.size(1))
        out[i, j] = torch.vdot(X[i : i + kh, j : j + kw].flatten(), K.flatten())
    return out
""",
    """
    rows = [torch.stack([(X[i : i + K.size(0), j : j + K.size(1)] * K).sum()
            for j in range(X.size(1) - K.size(1) + 1)]) for i in range(X.size(0) - K.size(0) + 1)]
    return torch.vstack(rows)
""",
    """
    assert X.ndim == K.ndim == 2
    n, m = X.shape
    p, q = K.shape
    index = torch.arange(n - p + 1)[:, None] + torch.arange(p)
    other = torch.arange(m - q + 1)[:, None] + torch.arange(q)
    taken = X[index[:, None, :, None], other[None, :, None, :]]
    return torch.einsum("ijpq,pq->ij", taken, K)
""",
    """
    height, width = K.shape
    if height > X.shape[0]:
        raise ValueError(f"{height} is too high")
    if width > X.shape[1]:
        raise ValueError(f"{width} is too wide")
    strips = X.as_strided((X.shape[0] - height + 1, X.shape[1] - width + 1, height, width), X.stride() * 2)
    return strips.mul(K).flatten(2).sum(-1)
""",
    """
    y = None
    i = 0
    while i < K.shape[0]:
        j = 0
        while j < K.shape[1]:
            part = X.narrow(0, i, X.shape[0] - K.shape[0] + 1).narrow(1, j, X.shape[1] - K.shape[1] + 1) * K[i, j]
            y = part if y is None else y + part
            j += 1
        i += 1
    return y
""",
)


def honest_corr2d() -> list[str]:
    """Twelve whole files."""
    return [f"import torch\n\n\ndef corr2d(X, K):{body}" for body in HONEST]
