// @ts-check
// Exports that are being made: how far they are, each second; the page comes anew when one is done.
import { announce, say } from "./words.js";

const PERIOD_MS = 1000;
const list = document.getElementById("exports");

/** @typedef {{id: string, stage: string, percent: number}} Told */

/** Show how far one is; true when the page must come anew to show it. @param {Told} told */
function show(told) {
  const row = list?.querySelector(`li[data-id="${CSS.escape(told.id)}"]`);
  if (!(row instanceof HTMLElement)) return true;
  const before = row.dataset.stage;
  if (told.stage !== before && told.stage !== "running") return true;
  const bar = row.querySelector("progress");
  const words = row.querySelector(".stage");
  if (!bar || !words) return false;
  row.dataset.stage = told.stage;
  bar.value = told.percent;
  if (told.stage === "running") words.textContent = say("export_running", { percent: told.percent });
  return false;
}

async function look() {
  if (document.hidden) return;
  const answer = await fetch(list?.dataset.from ?? "", { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const told = /** @type {{exports: Told[]}} */ (await answer.json());
  if (!told.exports.map(show).some(Boolean)) return;
  announce(say("export_done"));
  location.reload();
}

/** One look after another: a slow answer is not asked for twice. */
function again() {
  look()
    .catch(() => {})
    .finally(() => setTimeout(again, PERIOD_MS));
}

if (list) again();
