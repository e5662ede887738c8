"""Meetings with people in them: what a small, a full and an awkward board hold."""

from __future__ import annotations

import asyncio

from tests.journeys.hall import Hall, Place
from tools.replay.door import rows
from tools.replay.http import Body

BEGINNINGS = (
    "When do we learn what happens to",
    "Who decided on",
    "What would it cost us to keep",
    "How will the board measure the success of",
    "Can we see the figures behind",
    "Why did we hear from the press first about",
    "Which teams outside the head office were asked about",
    "What is the plan if nobody volunteers for",
)
SUBJECTS = (
    "the travel freeze after March?",
    "the move of the northern office to a shared building?",
    "the new rota for people on call at weekends?",
    "the four-day week that two departments tried last year?",
    "the pension change announced in the last letter?",
    "the office crèche?",
    "the pay bands, which the works council asked to publish in full?",
    "the old ticket system?",
)
LONG = (
    "Last spring we were told that the office in the north would stay as it is for five years. "
    "In autumn the lease was given up. Between the two there was no meeting, no letter and no "
    "word to those who work there, and some of them had just moved house to be nearer. "
)
TWO_THOUSAND = (LONG * 9)[:1960] + " Who decided that, and when?"
ARABIC = "متى يُفتح المقصف من جديد، وهل ستبقى الأسعار كما هي للعاملين في نوبات الليل؟"
GERMAN = "Werden Reisezeiten künftig als Arbeitszeit gezählt, auch für Außendienstmitarbeiterinnen?"
COMPOUND = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


async def small(hall: Hall) -> Place:
    """Three questions, a handful of votes."""
    place = await hall.meeting("Lunch with the board", description="Half an hour, no slides.")
    asker, voter = await hall.joined(place), await hall.joined(place)
    for words in (
        "Will the bonus freeze end in March?",
        "May we bring dogs?",
        "Who follows Ms Example as head of the laboratory?",
    ):
        await hall.ask(place, asker, words)
    for n in (1, 3):
        await hall.vote(place, voter, n)
    return place


async def full(hall: Hall, questions: int, people: int = 12) -> Place:
    """At most 64 questions by several askers, listed; each of `people` voted for some."""
    place = await hall.meeting(
        "Autumn town hall",
        description="Results of the third quarter, the move of the northern office, and your "
        "questions.",
        languages=["en", "de", "ar"],
        stream_url="https://stream.example/autumn",
        starts_at=1_795_532_400_000,
        zone="Europe/Berlin",
    )
    askers = [await hall.joined(place) for _ in range(people)]
    texts = [f"{begin} {subject}" for subject in SUBJECTS for begin in BEGINNINGS]
    texts = texts[:questions]
    for n, words in enumerate(texts):
        await hall.ask(place, askers[n % people], words)

    async def votes(person: int) -> None:
        for n in range(1, len(texts) + 1):
            if (n * 7 + person * 5) % (3 + n % 9) == 0 and (n - 1) % people != person:
                await hall.vote(place, askers[person], n)

    await asyncio.gather(*(votes(person) for person in range(people)))
    return place


async def awkward(hall: Hall) -> Place:
    """Scripts side by side, a text as long as may be, a word that does not break, markup."""
    place = await hall.meeting(
        "Außerordentliche Betriebsversammlung der Gesellschaft für zusammengesetzte Hauptwörter, "
        "Standort Nord",
        max_chars=2000,
        languages=["en", "de", "ar"],
        accent="#f2c14e",
    )
    asker = await hall.joined(place)
    for words, lang in (
        (ARABIC, "ar"),
        (GERMAN, "de"),
        (TWO_THOUSAND, "en"),
        (f"{COMPOUND}?", "de"),
        ("Is <b>this</b> & <script>alert(1)</script> only text?", "en"),
        ("First line of three.\nSecond line: 1,200 against 1,150.\nThird line?", "en"),
    ):
        await hall.ask(place, asker, words, lang)
    voter = await hall.joined(place)
    for n in (1, 2, 3):
        await hall.vote(place, voter, n)
    return place


SCREENED = (
    ("Is it true what they say about the new head of sales and the flat?", "names-individual", ""),
    ("What is for lunch today?", "other-channel", "The canteen's page has the menu of the week."),
    (LONG + "Will you say sorry?", "personal-data", ""),
    ("Why?? Why?? Why??", "not-a-question", ""),
    (ARABIC, "off-topic", "Asked again in the site meeting on Thursday."),
)
WAITING = (
    "Will you publish how many questions were screened out?",
    GERMAN,
    LONG + "Who will answer for that?",
)


async def screen_out(
    hall: Hall, place: Place, token: str, q: str, reason: str, note: str = ""
) -> None:
    """Screen a waiting question out, as the moderator with this token."""
    waiting = await hall.door.call("GET", place.api("/waiting"), token=token)
    revision = next(row["revision"] for row in rows(waiting) if row["q"] == q)
    body: Body = {"revision": revision, "reason": reason, "note": note}
    await hall.door.call("POST", place.api(f"/questions/{q}/screen"), token=token, body=body)


async def screened(hall: Hall) -> Place:
    """Listed after a look: some listed, five screened out for different reasons, three waiting."""
    place = await hall.meeting(
        "Questions before the move", after_display=False, languages=["en", "de"], max_chars=1000
    )
    asker = await hall.joined(place)
    token = await hall.invitation(place, "moderator")
    joined = await hall.door.call("POST", place.api("/staff"), body={"token": token})
    for words, reason, note in SCREENED:
        q = await hall.ask(place, asker, words)
        await screen_out(hall, place, str(joined["token"]), q, reason, note)
    for words in WAITING:
        await hall.ask(place, asker, words)
    return place
