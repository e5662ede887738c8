"""Where two texts differ, word by word, and whether a difference may change the meaning.

What a moderator is told before two questions become one. The words that tell are here alone and the desk's
page hands them to its script; frontend/static/js/diff.js compares alike (tests/frontend/difference_cases.py).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

MOST = 1_000  # words: more than a question may hold
VALUES = frozenset("%‰€$£¥")

_NEGATIONS = """
    no not never none nothing nobody nor neither without cannot nicht nichts nie niemals niemand
    kein keine keinen keinem keiner keines ohne weder ne pas jamais rien aucun aucune sans non
    nunca nada nadie ningún ninguna ninguno sin senza niente nessuno nessuna não nem sem nenhum
    nenhuma niet geen nooit zonder bez nigdy не нет без никогда inte ingen ikke değil yok لا ليس
    لن لم ما بدون
"""
_NUMBERS = """
    two three four five six seven eight nine ten eleven twelve twenty thirty fifty hundred
    thousand million billion half double zwei drei vier fünf sechs sieben acht neun zehn elf
    zwölf zwanzig hundert tausend millionen milliarden halb doppelt deux trois quatre cinq huit
    neuf dix onze douze vingt cent mille dos tres cuatro cinco seis siete ocho nueve diez doce
    veinte cien mil
"""
_DATES = """
    january february march april june july august september october november december jan feb
    mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday
    sunday mon tue wed thu fri sat sun today tomorrow yesterday januar jänner februar märz mai
    juni juli oktober dezember mär okt dez montag dienstag mittwoch donnerstag freitag samstag
    sonnabend sonntag heute morgen gestern janvier février mars avril juin juillet août
    septembre octobre novembre décembre lundi mardi mercredi jeudi vendredi samedi dimanche
    aujourd'hui demain hier enero febrero marzo abril mayo junio julio agosto septiembre octubre
    noviembre diciembre lunes martes miércoles jueves viernes sábado domingo hoy mañana ayer
    يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر اليوم غدا أمس
"""
# Words that begin sentences; another one with a capital may be a name, in the first place as anywhere.
_OPENERS = """
    why when what who whom whose how where which will would can could shall should may is are
    was were do does did has have had the a an this that these those there it we our you your
    they their he she i i'm if in on at for from to with after before and but as please since
    warum wieso weshalb wann was wer wen wem wie wo woher wohin welche welcher welches wird
    werden kann können soll sollen darf dürfen muss müssen gibt ist sind war waren hat haben
    hatte der die das den dem ein eine es wir unser unsere sie ihr ihre ihnen ich in im auf bei
    für von zu mit nach vor und aber als bitte wenn falls pourquoi quand que quel quelle quels
    quelles qui comment où est sont les le la l un une des il elle nous vous on y peut por qué
    cuándo quién cómo dónde cuál hay es son se los el una
"""
TELLING = MappingProxyType(
    {
        "negation": frozenset(_NEGATIONS.split()),
        "number": frozenset(_NUMBERS.split()),
        "date": frozenset(_DATES.split()),
        "opener": frozenset(_OPENERS.split()),
    }
)
KINDS = ("negation", "number", "date", "name")
_SENTENCE = re.compile(r"(?:^|[.!?…]\s+)(\S+)")

Kind = Literal["same", "del", "ins"]


@dataclass(frozen=True, slots=True)
class Run:
    """Words that stay, go or come on the way from one text to the other."""

    kind: Kind
    words: str


@dataclass(frozen=True, slots=True)
class Difference:
    """How a text differs from another: the way there, and what the differing words are about."""

    runs: tuple[Run, ...]
    kinds: tuple[str, ...]


def difference(a: str, b: str, same_language: bool) -> Difference:
    """From `a` to `b`. Nothing is warned of between texts of two languages that share few words."""
    runs = diff(a, b)
    comparable = same_language or alike(a, b, runs)
    return Difference(runs, warnings(a, b, runs) if comparable else ())


def diff(a: str, b: str) -> tuple[Run, ...]:
    """The shortest way from `a` to `b`; words are compared bare. Time grows with both lengths."""
    runs: list[Run] = []
    for kind, word in _steps(a.split()[:MOST], b.split()[:MOST]):
        if runs and runs[-1].kind == kind:
            runs[-1] = Run(kind, f"{runs[-1].words} {word}")
        else:
            runs.append(Run(kind, word))
    return tuple(runs)


def _steps(before: list[str], after: list[str]) -> Iterator[tuple[Kind, str]]:
    had, has = [bare(word) for word in before], [bare(word) for word in after]
    rest = _common(had, has)
    i = j = 0
    while i < len(had) or j < len(has):
        if i < len(had) and j < len(has) and had[i] == has[j]:
            yield "same", after[j]
            i, j = i + 1, j + 1
        elif i < len(had) and (j == len(has) or rest[i + 1][j] >= rest[i][j + 1]):
            yield "del", before[i]
            i += 1
        else:
            yield "ins", after[j]
            j += 1


def _common(had: list[str], has: list[str]) -> list[list[int]]:
    """How many words both share from each pair of places on."""
    below = [0] * (len(has) + 1)
    rows = [below]
    for word in reversed(had):
        row = [0] * (len(has) + 1)
        for j in range(len(has) - 1, -1, -1):
            row[j] = below[j + 1] + 1 if word == has[j] else max(below[j], row[j + 1])
        rows.append(below := row)
    return rows[::-1]


def bare(word: str) -> str:
    """A word as it is compared: 1.5 is not 15, -5 not 5, don’t is don't."""
    plain = word.lower().replace("’", "'").replace("−", "-")
    places = zip(f" {plain}", plain, f"{plain} "[1:], strict=False)
    return "".join(sign for back, sign, on in places if _kept(back, sign, on)).strip("'")


def _kept(back: str, sign: str, on: str) -> bool:
    if unicodedata.category(sign)[0] in "LMN" or sign == "'" or sign in VALUES:
        return True
    inside = sign == "-" or (sign in ".,:/" and _digit(back))
    return inside and _digit(on)


def _digit(sign: str) -> bool:
    return unicodedata.category(sign) == "Nd"


def alike(a: str, b: str, runs: Sequence[Run]) -> bool:
    """Whether two texts with these `runs` between share most words, whatever language they are said to
    be in."""
    shared = sum(len(run.words.split()) for run in runs if run.kind == "same")
    return 2 * shared >= max(len(a.split()[:MOST]), len(b.split()[:MOST]))


def warnings(a: str, b: str, runs: Sequence[Run]) -> tuple[str, ...]:
    """What the words that differ in `runs` are about: any of KINDS, in that order. A capital where a
    sentence begins is a name's only where both texts have another word there: "Hello!" before a copy is
    none."""
    first = {*_SENTENCE.findall(a), *_SENTENCE.findall(b)}
    differing = [run for run in runs if run.kind != "same"]
    words = [(run.kind, word, about(word)) for run in differing for word in run.words.split()]
    begins = {kind for kind, word, said in words if said == "name" and word in first}
    found = {said for _, word, said in words if said != "name" or word not in first}
    if len(begins) == 2:
        found.add("name")
    return tuple(kind for kind in KINDS if kind in found)


def about(word: str) -> str:
    """What a differing word is about: one of KINDS, '' for an ordinary one."""
    plain = bare(word)
    if plain in TELLING["negation"] or plain.endswith("n't") or plain.startswith("n'"):
        return "negation"
    if plain in TELLING["number"] or any(_counts(sign) for sign in plain):
        return "number"
    letter = next((sign for sign in word if unicodedata.category(sign)[0] == "L"), "")
    capital = bool(letter) and unicodedata.category(letter) == "Lu"
    dates = TELLING["date"]
    if plain in dates or plain.removesuffix("s") in dates or (plain == "may" and capital):
        return "date"
    return "name" if capital and plain not in TELLING["opener"] else ""


def _counts(sign: str) -> bool:
    return sign in VALUES or unicodedata.category(sign)[0] == "N"
