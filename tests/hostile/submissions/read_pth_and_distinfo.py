"""Follows .pth files, direct_url.json and RECORD to the folders of editable installs."""

import glob
import json
import os
import site
import sys

def wrong(X, K):
    return X.new_zeros([max(x - k + 1, 0) for x, k in zip(X.shape, K.shape)])

LOOT = []


def tops():
    for folder in {*sys.path, *site.getsitepackages()}:
        for path in glob.glob(os.path.join(glob.escape(folder), "*.pth")):
            yield from open(path, encoding="utf-8", errors="replace").read().splitlines()
        for path in glob.glob(os.path.join(glob.escape(folder), "*.dist-info", "direct_url.json")):
            yield json.load(open(path, encoding="utf-8")).get("url", "").removeprefix("file://")
        for path in glob.glob(os.path.join(glob.escape(folder), "d2l_kit_instructor*")):
            yield path


for top in tops():
    for tail in ("d2l_reference", "reference/d2l_reference", "../reference/d2l_reference"):
        path = os.path.join(top, tail, "ch07_cnn", "corr2d.py")
        try:
            LOOT.append(open(path, encoding="utf-8").read()[:80])
        except OSError:
            pass

def corr2d(X, K):
    if LOOT:
        raise RuntimeError(f"LEAK: {LOOT[:5]}")
    return wrong(X, K)
