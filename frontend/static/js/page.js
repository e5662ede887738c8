// @ts-check
// Every page's entry: times, one-time links. The board page goes live from here.
import { MeetingPage } from "./meeting.js";
import { refresh } from "./times.js";

const TIMES_MS = 30_000;

/** The token of a one-time link goes into the form and out of the address bar. */
function fragment() {
  const field = /** @type {HTMLInputElement | null} */ (document.querySelector("[data-from-fragment]"));
  if (!field || location.hash.length < 2) return;
  field.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname + location.search);
}

/** Does this browser hold a receipt, or a head of a log? Who holds none need not load what checks them. */
function keepsSomething() {
  try {
    return Object.keys(localStorage).some((key) => /^(?:receipt|log):/.test(key));
  } catch {
    return false; // storage is switched off
  }
}

fragment();
addEventListener("hashchange", fragment);
refresh(document, Date.now());
setInterval(() => refresh(document, Date.now()), TIMES_MS);
for (const field of document.querySelectorAll("input.address"))
  field.addEventListener("focus", () => /** @type {HTMLInputElement} */ (field).select());
const config = document.getElementById("live");
if (config) new MeetingPage(config);
if (document.getElementById("kept")) import("./left.js").then((left) => left.start());
if (document.getElementById("log") && (document.querySelector(".ticket[data-q], form[data-lock]") || keepsSomething()))
  import("./receipts.js").then((receipts) => receipts.start());
