// @ts-check
// The ballot box as the page shows it: ticked at once, rolled back with words when refused.
import { lead, ticked } from "./outbox.js";
import { say } from "./words.js";

/** @param {HTMLElement} node @param {any} row @param {import("./outbox.js").Outbox} box @param {boolean} open */
export function drawBallot(node, row, box, open) {
  const place = /** @type {HTMLElement} */ (node.querySelector(".ballot"));
  const button = /** @type {HTMLButtonElement} */ (place.querySelector("button"));
  const on = ticked(box, row.n);
  const own = box.own.has(row.n);
  const votes = String(Math.max(0, row.votes + lead(box, row.n)));
  button.removeAttribute("form"); // a form would look through its hundreds of buttons at each move of one
  button.value = String(row.n);
  button.name = on ? "off" : "on";
  button.setAttribute("aria-pressed", String(on));
  button.setAttribute("aria-label", say("vote_label", { n: row.n }));
  const title = say(own ? "vote_own" : on ? "vote_take_back" : "vote_give");
  if (button.title !== title) button.title = title;
  if (button.disabled !== (own || !open)) button.disabled = own || !open;
  place.classList.toggle("pending", box.pending.has(row.n));
  setText(place.querySelector(".votes"), votes);
  setText(node.querySelector(".count"), votes);
}

/** All that a ballot box shows beside its row's own values. @param {import("./outbox.js").Outbox} box @param {number} n */
export function marks(box, n) {
  return `${ticked(box, n)}/${box.own.has(n)}/${lead(box, n)}/${box.pending.has(n)}`;
}

/** @param {Element | null} node @param {string} text */
export function setText(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}

/** Every press of a ballot box below `root`, as a wish. @param {HTMLElement} root @param {(n: number, on: boolean) => boolean} cast false = let the form post */
export function listen(root, cast) {
  root.addEventListener("click", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const button = /** @type {HTMLButtonElement | null} */ (target.closest("button.box"));
    if (!button) return;
    if (cast(Number(button.value), button.name === "on")) event.preventDefault();
    else button.setAttribute("form", "vote");
  });
}
