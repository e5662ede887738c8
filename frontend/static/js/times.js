// @ts-check
// Times in the reader's zone: "ago" in the text, the exact time on hover and for screen readers.

import { say } from "./words.js";

const lang = document.documentElement.lang || "en";
const exact = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" });
const ago = new Intl.RelativeTimeFormat(lang, { numeric: "auto", style: "short" });
/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000]];
const DAY_MS = 86_400_000;
const FAR_MS = 7 * DAY_MS;
const day = new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeZone: "UTC" });

/** @param {number} ms @param {number} now */
export function relative(ms, now) {
  if (Math.abs(ms - now) > FAR_MS) return exact.format(ms);
  for (const [unit, size] of UNITS)
    if (Math.abs(ms - now) >= size) return ago.format(Math.round((ms - now) / size), unit);
  return say("now");
}

/** @param {HTMLElement} node @param {number} ms @param {number} now */
export function setTime(node, ms, now) {
  // A public time on a UTC day's boundary stands for that day: nothing finer is known to anybody.
  const whole = ms % DAY_MS === 0 && !("exact" in node.dataset);
  const text = whole ? day.format(ms) : "exact" in node.dataset ? exact.format(ms) : relative(ms, now);
  if (node.textContent === text && node.dataset.ms === String(ms)) return;
  node.textContent = text;
  node.dataset.ms = String(ms);
  const iso = new Date(ms).toISOString();
  node.setAttribute("datetime", whole ? iso.slice(0, 10) : iso);
  node.title = whole ? `${day.format(ms)} (UTC)` : exact.format(ms);
}

/** @param {ParentNode} root @param {number} now */
export function refresh(root, now) {
  for (const node of root.querySelectorAll("time[data-ms]"))
    if (Number(node.dataset.ms)) setTime(node, Number(node.dataset.ms), now);
}
