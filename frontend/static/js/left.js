// @ts-check
// After signing out: the receipts that this browser still keeps, to be saved or removed.
import { allKept, forget } from "./kept.js";
import { download } from "./ticket.js";
import { announce, say } from "./words.js";

export function start() {
  const place = /** @type {HTMLElement} */ (document.getElementById("kept"));
  const kept = allKept(place.dataset.slug ?? "");
  if (!kept.length) return;
  place.hidden = false;
  const button = /** @type {HTMLButtonElement} */ (place.querySelector("button"));
  for (const { q, code, file } of kept)
    if (file) button.before(download(say("receipts_save", { n: file.number ?? q }), `receipt-${file.number ?? q}.json`, { ...file, code }));
  button.addEventListener("click", () => {
    for (const one of kept) forget(one.q);
    place.replaceChildren(say("receipts_gone"));
    announce(say("receipts_gone"));
  });
}
