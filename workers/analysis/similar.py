"""The most similar questions by shared runs of letters (character TF-IDF, 3 to 5). Evidence, no verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

MOST = 50  # to how many others one question is offered; a desk shows the best five of what it has
LEAST = 0.2  # below this a suggestion is noise more often than not (docs/analysis.md)
FEATURES = 2**18


def vectors(texts: Sequence[str]) -> Any:
    """One sparse row a text, weighted by how rare its runs of letters are among these texts."""
    hashing = HashingVectorizer(
        analyzer="char_wb",
        ngram_range=(3, 5),
        n_features=FEATURES,
        alternate_sign=False,
        norm=None,
        lowercase=True,
    )
    return TfidfTransformer(sublinear_tf=True).fit_transform(hashing.transform(texts))


def nearest(
    rows: Any, wanted: Sequence[int], most: int = MOST, least: float = LEAST
) -> list[list[tuple[int, float]]]:
    """For each wanted row, up to `most` others as (row, cosine), best first, none below `least`."""
    found = []
    scores = rows[list(wanted)] @ rows.T
    for at, own in enumerate(wanted):
        held = slice(scores.indptr[at], scores.indptr[at + 1])
        places, values = scores.indices[held], scores.data[held]
        enough = np.flatnonzero((values >= least) & (places != own))
        others = [(int(places[n]), float(values[n])) for n in enough]
        others.sort(key=lambda pair: (-pair[1], pair[0]))
        found.append(others[:most])
    return found
