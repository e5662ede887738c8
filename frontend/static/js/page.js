// @ts-check
// Every page's entry: accent, times, one-time links. The board page goes live from here.
import { inkOn, readable } from "./colour.js";
import { MeetingPage } from "./meeting.js";
import { refresh } from "./times.js";

const TIMES_MS = 30_000;

/** Ink and paper of both schemes, as app.css has them. */
const LIGHT = ["#1b1f24", "#faf8f4"];
const DARK = ["#e9e6df", "#14171a"];

function accent() {
  const colour = document.querySelector("meta[name=theme-color]")?.getAttribute("content") ?? "";
  if (!/^#[0-9a-f]{6}$/i.test(colour)) return;
  const root = document.documentElement.style;
  root.setProperty("--accent", colour);
  root.setProperty("--on-accent", inkOn(colour));
  root.setProperty("--link-light", readable(colour, LIGHT[0], LIGHT[1]));
  root.setProperty("--link-dark", readable(colour, DARK[0], DARK[1]));
}

/** The token of a one-time link goes into the form and out of the address bar. */
function fragment() {
  const field = /** @type {HTMLInputElement | null} */ (document.querySelector("[data-from-fragment]"));
  if (!field || location.hash.length < 2) return;
  field.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname + location.search);
}

accent();
fragment();
addEventListener("hashchange", fragment);
refresh(document, Date.now());
setInterval(() => refresh(document, Date.now()), TIMES_MS);
for (const field of document.querySelectorAll("input.address"))
  field.addEventListener("focus", () => /** @type {HTMLInputElement} */ (field).select());
const config = document.getElementById("live");
if (config) new MeetingPage(config);
