// @ts-check
// Every page's entry: accent, times, one-time links. The board page goes live from here.
import { MeetingPage } from "./meeting.js";
import { refresh } from "./times.js";

const TIMES_MS = 30_000;

/** Black or white, whichever reads better on `#rrggbb`. @param {string} colour */
function inkOn(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#111111" : "#ffffff";
}

function accent() {
  const colour = document.querySelector("meta[name=theme-color]")?.getAttribute("content") ?? "";
  if (!/^#[0-9a-f]{6}$/i.test(colour)) return;
  document.documentElement.style.setProperty("--accent", colour);
  document.documentElement.style.setProperty("--on-accent", inkOn(colour));
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
