// @ts-check
// Draws a board's state on the board page. Reads no socket and decides nothing.
import { setTime } from "./times.js";
import { drawBallot, setText } from "./upvote.js";
import { announce, drawWords, say } from "./words.js";

const LONG_CHARS = 420; // as parts.html has it

const at = (/** @type {string} */ id) => document.getElementById(id);

/** @param {HTMLElement} node @param {any} row @param {any} box @param {boolean} open @param {string} slug */
export function fillRow(node, row, box, open, slug) {
  node.dataset.n = String(row.n);
  node.dataset.state = row.state;
  node.classList.toggle("own", box.own.has(row.n));
  node.classList.toggle("worded", Boolean(row.wording));
  drawWords(node.querySelector(".words"), row, row.wording || row.text);
  node.classList.toggle("long", (row.wording || row.text).length > LONG_CHARS);
  /** @type {HTMLAnchorElement} */ (node.querySelector(".more a")).href = `/m/${slug}/q/${row.n}`;
  const link = /** @type {HTMLAnchorElement} */ (node.querySelector("a.number"));
  setText(link, say("number", { n: row.n }));
  link.href = `/m/${slug}/q/${row.n}`;
  const by = node.querySelector(".by");
  if (row.by === null) setText(by, say("anonymous"));
  else if (by?.textContent !== row.by) {
    const name = document.createElement("bdi");
    name.dir = "auto";
    name.textContent = row.by;
    by?.replaceChildren(name);
  }
  setText(node.querySelector(".asked"), row.askers > 1 ? say("asked_by", { n: row.askers }) : "");
  setTime(/** @type {HTMLElement} */ (node.querySelector("time")), row.at, Date.now());
  drawBallot(node, row, box, open);
}

/** @param {any} row the question on air, or undefined */
export function drawOnAir(row) {
  const box = at("on-air");
  if (!box) return;
  box.hidden = !row;
  if (!row) return;
  const place = at("on-air-text");
  let said = place?.querySelector(".words");
  if (place && !said) {
    said = document.createElement("bdi");
    said.className = "words";
    place.replaceChildren(said);
  }
  drawWords(said ?? null, row, row.wording || row.text);
  setText(at("on-air-number"), say("number", { n: row.n }));
  setText(at("on-air-votes"), String(row.votes));
}

/** @param {any} counts @param {any} meeting @param {number} shown @param {boolean} some there is anything to order */
export function drawHeading(counts, meeting, shown, some) {
  setText(at("listed"), String((counts.listed ?? 0) + (counts.not_reached ?? 0)));
  setText(at("answered"), String(counts.answered ?? 0));
  setText(at("screened-out"), String(counts.screened_out ?? 0));
  for (const [id, hide] of /** @type {[string, boolean][]} */ ([
    ["none", shown > 0], ["ordering", !some], ["voting-closed", meeting.voting], ["ask-closed", meeting.asking], ["ask", !meeting.asking],
  ])) {
    const node = at(id);
    if (node && node.hidden !== hide) node.hidden = hide;
  }
  const bar = /** @type {HTMLElement | null} */ (document.querySelector(".ask-bar[href='#ask']"));
  if (bar) bar.hidden = !meeting.asking;
  const phase = document.querySelector(".heading .phase");
  if (phase && !phase.classList.contains(meeting.phase)) {
    phase.className = `phase ${meeting.phase}`;
    phase.textContent = say(`phase_${meeting.phase}`);
  }
}

/** @param {"live" | "away" | "ended" | "waiting"} status */
export function drawStatus(status, unsaved = 0) {
  const page = at("live");
  if (page) page.dataset.status = status;
  const node = at("link");
  if (!node) return;
  const quiet = status === "live" || status === "waiting";
  const words = quiet ? [] : [say(status === "away" ? "offline" : "signed_out")];
  if (unsaved && status !== "ended") words.push(say("unsaved", { n: unsaved }));
  node.hidden = words.length === 0;
  setText(node, words.join(" "));
}

/**
 * The place in the line, below everything else so that nothing moves; null: nobody waits any more.
 * @param {import("./live.js").Place | null} place
 */
export function drawPlace(place) {
  const strip = at("place");
  if (!strip) return;
  strip.hidden = !place;
  const bar = /** @type {HTMLProgressElement} */ (strip.querySelector("progress"));
  if (!place) bar.removeAttribute("value");
  else {
    const s = Math.max(1, Math.round(place.wait_s));
    const n = new Intl.NumberFormat(document.documentElement.lang).format(place.number);
    const words = s === 1 ? say("place_one", { n }) : say("place", { n, s });
    if (!bar.hasAttribute("value")) bar.max = place.number;
    bar.value = Math.max(0, bar.max - place.number);
    setText(strip.querySelector("p"), words);
    announce(words);
  }
}

/** @param {number} fresh */
export function drawPill(fresh) {
  const pill = at("pill");
  if (!pill) return;
  pill.hidden = fresh === 0;
  if (fresh) setText(pill, say("new", { n: fresh }));
}
