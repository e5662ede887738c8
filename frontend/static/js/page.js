// @ts-check
// Every page's entry: times, one-time links. The board has one of its own beside it (meeting.js).
import { refresh } from "./times.js";

const TIMES_MS = 30_000;
const FIRST_MS = 5000; // thousands of pages must not ask in one instant
const NOTE_MOST = 10_000;

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

/**
 * A first visit keeps the record's newest signature as it comes, which weighs nothing. Every later one loads
 * what holds the record against it (heads.js), and passes over what was no signature.
 * @param {DOMStringMap} log
 */
async function keepFirst({ vkey = "", address = "" }) {
  const origin = vkey.split("+")[0];
  try {
    const answer = await fetch(`${address}/checkpoint`, { redirect: "error" });
    const served = answer.ok ? await answer.text() : "";
    if (served.startsWith(`${origin}\n`) && served.length < NOTE_MOST && !keepsSomething())
      localStorage.setItem(`log:${origin}`, JSON.stringify({ vkey, served, others: [], seen: [] }));
  } catch {
    return; // away, sent elsewhere, or storage is switched off
  }
}

fragment();
addEventListener("hashchange", fragment);
refresh(document, Date.now());
setInterval(() => refresh(document, Date.now()), TIMES_MS);
for (const field of document.querySelectorAll("input.address"))
  field.addEventListener("focus", () => /** @type {HTMLInputElement} */ (field).select());
if (document.getElementById("kept")) import("./left.js").then((left) => left.start());
const log = document.getElementById("log");
if (log && (document.querySelector(".ticket[data-q], form[data-lock]") || keepsSomething()))
  import("./receipts.js").then((receipts) => receipts.start());
else if (log) setTimeout(() => keepFirst(log.dataset), Math.random() * FIRST_MS);
