"""A moderated meeting to look at: its record, question pages, stage, overlay, host's page, answers."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page

from tests.journeys.exhibit import Exhibit, at
from tests.journeys.hall import Hall, Place
from tools.replay.door import text

QUESTIONS = (
    "Will the bonus freeze end in March, and who decides?",
    "Why was the decision about the office in the north taken without asking those who work there?",
    "When will the canteen take cards?",
    "Can somebody tell us where the head of sales lives?",
    "Is it true that the canteen will take cards soon?",
    "What is the plan for the four-day week?",
    "Who won the football on Saturday?",
)


class Staff:
    """One member of staff on the API."""

    def __init__(self, hall: Hall, place: Place, token: str) -> None:
        self.hall, self.place, self.token = hall, place, token

    @classmethod
    async def join(cls, hall: Hall, place: Place, role: str) -> Staff:
        """Somebody who has just accepted an invitation."""
        link = await hall.invitation(place, role)
        body = {"token": link}
        made = await hall.door.call("POST", place.api("/staff"), body=dict(body))
        return cls(hall, place, text(made, "token"))

    async def act(self, path: str, **body: Any) -> dict[str, Any]:
        """One act of this person."""
        return await self.hall.door.call(
            "POST", self.place.api(path), token=self.token, body=dict(body)
        )


async def moderated(hall: Hall) -> tuple[Place, str]:
    """A meeting in which all that a record can hold has happened, and its asker's token."""
    place = await hall.meeting(
        "Autumn town hall",
        after_display=False,
        stream_url="https://stream.example/live.m3u8",
        stream_delay_s=20,
    )
    asker, voter = await hall.joined(place), await hall.joined(place)
    q = [await hall.ask(place, asker, words) for words in QUESTIONS]
    mod, other = [await Staff.join(hall, place, "moderator") for _ in range(2)]
    for n in (0, 1, 2, 4, 5):
        await mod.act(f"/questions/{q[n]}/list", revision=1)
    await mod.act(
        f"/questions/{q[3]}/screen", revision=1, reason="personal-data", note="Please ask HR."
    )
    await mod.act(
        f"/questions/{q[6]}/screen", revision=1, reason="off-topic", note="Ask the sports club."
    )
    for n in (1, 2, 6):
        await hall.vote(place, voter, n)
    await mod.act(f"/questions/{q[4]}/merge", revision=2, into=3)
    appeal = {"why": "Football is our work."}
    await hall.door.call(
        "POST", place.api(f"/questions/{q[6]}/appeal"), token=asker, body=dict(appeal)
    )
    await other.act(f"/questions/{q[6]}/judge", revision=3, overturn=True)
    await mod.act(f"/questions/{q[0]}/pick", revision=2)
    await mod.act(
        f"/questions/{q[0]}/answer", revision=3, stream_s=95, text="See https://a.example/x."
    )
    await mod.act(f"/questions/{q[1]}/pick", revision=2)
    await mod.act("/line", numbers=[6, 3], revision=0)
    return place, asker


async def stage_exhibits(hall: Hall) -> list[Exhibit]:
    """Every page of the record and the stage."""
    place, _ = await moderated(hall)
    fresh = await hall.meeting("A first meeting")
    reader = await hall.stranger()
    host = await hall.stranger()
    await host.goto(f"{place.path('/invite')}#{await hall.invitation(place, 'host')}")
    await host.locator("button.act").click()
    await host.wait_for_url("**/host")

    async def second_view(page: Page) -> None:
        await page.goto(place.path("/stage"))
        await page.keyboard.press("ArrowRight")

    async def third_view(page: Page) -> None:
        await page.goto(place.path("/stage"))
        await page.keyboard.press("ArrowLeft")

    return [
        Exhibit("record", reader, at(place.path("/screened-out"))),
        Exhibit("record-empty", reader, at(fresh.path("/screened-out")), ("1280",)),
        Exhibit("question-history", reader, at(place.path("/q/1"))),
        Exhibit("question-group", reader, at(place.path("/q/3")), ("1280",)),
        Exhibit("question-withheld", reader, at(place.path("/q/4")), ("1280",)),
        Exhibit("answers", reader, at(place.path("/answers")), ("1280",)),
        Exhibit("board-stream", reader, at(place.path())),
        Exhibit("stage", reader, at(place.path("/stage"))),
        Exhibit("stage-wanted", reader, second_view),
        Exhibit("stage-join", reader, third_view, ("1280",)),
        Exhibit("stage-empty", reader, at(fresh.path("/stage")), ("1280",)),
        Exhibit("overlay", reader, at(place.path("/stage?overlay=1")), ("1280",)),
        Exhibit("host", host, at(place.path("/host"))),
    ]
