"""The name is bound to a tensor."""

import torch

corr2d = torch.zeros(3, 3)
