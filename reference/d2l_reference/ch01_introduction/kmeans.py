from torch import Tensor


def kmeans(X: Tensor, init: Tensor, steps: int) -> tuple[Tensor, Tensor, list[float]]:
    centers = init.clone()
    distances = _squared_distances(X, centers)
    inertia = []
    for _ in range(steps):
        nearest = distances.argmin(dim=1)
        for j in nearest.unique():
            centers[j] = X[nearest == j].mean(dim=0)
        distances = _squared_distances(X, centers)
        inertia.append(distances.amin(dim=1).sum().item())
    return centers, distances.argmin(dim=1), inertia


def _squared_distances(X: Tensor, centers: Tensor) -> Tensor:
    return ((X[:, None] - centers) ** 2).sum(dim=2)
