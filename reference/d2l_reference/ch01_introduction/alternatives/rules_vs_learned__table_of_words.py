"""A table of texts and words in torch, and a chain of ifs for the rules."""

import torch


def checkout_rule(total, country, member):
    if total < 0:
        raise ValueError(f"total is {total:.2f}")
    shipping = 5.0
    if member and total >= 20.0:
        shipping = 0.0
    if total >= 50.0:
        shipping = 0.0
    if country != "home":
        shipping = 15.0
    return total + shipping


def learn_scores(texts, labels):
    if len(texts) != len(labels):
        raise ValueError(f"texts: {len(texts)}, labels: {len(labels)}")
    split = [text.lower().split() for text in texts]
    words = sorted({word for text in split for word in text})
    holds = torch.tensor([[word in text for word in words] for text in split], dtype=torch.float64)
    spam = torch.tensor(labels, dtype=torch.float64)
    logs = [torch.log((y @ holds + 1) / (y.sum() + 2)) for y in (spam, 1 - spam)]
    return dict(zip(words, (logs[0] - logs[1]).tolist(), strict=True))


def predict(text, scores):
    total = 0.0
    seen = []
    for word in text.lower().split():
        if word in scores and word not in seen:
            seen.append(word)
            total += scores[word]
    return total > 0
