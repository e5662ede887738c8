"""A text reduced to what makes two texts the same wording: letters, digits, one blank between words."""

from __future__ import annotations

import re
import unicodedata
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

SIGNATURE = 64
Signature = NDArray[np.uint32]

_NOT_WORD = re.compile(r"[^\w]+|_+")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_PRIME = np.uint64(2**61 - 1)
_RANDOM = np.random.default_rng(20_261_124)  # fixed: signatures are kept and compared later
_FACTORS = _RANDOM.integers(1, 2**31, SIGNATURE, dtype=np.uint64)
_OFFSETS = _RANDOM.integers(0, 2**31, SIGNATURE, dtype=np.uint64)


def normal(text: str) -> str:
    """`text` in NFKC, case-folded, without punctuation, with single blanks."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _NOT_WORD.sub(" ", folded).strip()


def grams(normalised: str) -> set[str]:
    """Overlapping runs of four characters; of three where words are not separated by blanks."""
    size = 3 if _CJK.search(normalised) else 4
    return {normalised[at : at + size] for at in range(max(1, len(normalised) - size + 1))}


def signature(normalised: str) -> Signature:
    """64 minimum hashes: two signatures agree in as large a share as the texts' grams do."""
    hashed = np.array([crc32(gram.encode()) for gram in grams(normalised)], dtype=np.uint64)
    table = (hashed[:, None] * _FACTORS[None, :] + _OFFSETS[None, :]) % _PRIME
    smallest: NDArray[np.uint64] = table.min(axis=0)
    return (smallest & np.uint64(0xFFFFFFFF)).astype(np.uint32)
