// @ts-check
// The host's page: one key for each button, and a fresh page when the line moves elsewhere.
import { answered } from "./again.js";
import { apply, empty } from "./board.js";
import { Live } from "./live.js";

const SETTLE_MS = 400; // our own step reloads the page anyway

const place = /** @type {HTMLElement} */ (document.getElementById("host"));
const slug = place.dataset.slug ?? "";
let board = empty();

/** What the page shows, as the server wrote it. */
function shown() {
  const aired = [...board.rows.values()].find((row) => row.state === "on_air");
  return `${aired ? aired.n : ""}:${(board.meeting.line ?? []).join(",")}`;
}

/** True while the host writes or chooses: their words must not vanish. */
function busy() {
  const text = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("text"));
  return Boolean(text?.value) || document.querySelector("details[open]") !== null;
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let due;
let asking = false;
let sent = false;
function look() {
  clearTimeout(due);
  if (shown() !== place.dataset.shown) due = setTimeout(renew, SETTLE_MS);
}

/**
 * A fresh page. What is shown stays until there is one: a host must not read that the store is away. A step
 * of theirs that is under way brings one, and would be lost if this one came before it.
 */
async function renew() {
  if (asking || sent || shown() === place.dataset.shown) return;
  asking = true;
  if (!busy()) await answered(`/m/${slug}/host`);
  asking = false;
  if (sent) return;
  const changed = document.getElementById("changed");
  if (!busy()) location.assign(`/m/${slug}/host`);
  else if (changed) changed.hidden = false;
}

const live = new Live(slug, {
  where: () => ({ epoch: board.epoch || null, pos: board.epoch ? board.pos : null }),
  message: (message) => {
    if (message.t !== "snapshot" && message.t !== "delta") return;
    const { state, gap } = apply(board, message);
    board = state;
    if (gap) live.restart();
    else look();
  },
  status: () => {},
}, "stage-ticket");

document.addEventListener("submit", () => (sent = true));
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  sent = false; // they went back to this page
  look();
});
document.addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.repeat) return; // the page that comes next has the same keys for another question
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, textarea, select")) return;
  const button = /** @type {HTMLButtonElement | null} */ (document.querySelector(`[data-key="${CSS.escape(event.key)}"]`));
  if (!button) return;
  event.preventDefault();
  button.click();
});
