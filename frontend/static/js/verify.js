// @ts-check
// The page that checks a receipt: by itself, then against the whole record. It works from a file, too.
import { Unable, Wrong } from "./log/bytes.js";
import { readLog, webSource } from "./log/reading.js";
import { checkReceipt, readReceipt } from "./log/receipt.js";
import { Zip } from "./log/zip.js";
import { say } from "./words.js";

const RECEIPT_MOST = 1_000_000;
const LOCAL = /^(?:localhost|127\.0\.0\.1)(?::\d+)?$/;
const DAY_S = 86_400;
// What each line of the verdict stands for, in the order of checking.
const LINES = [["key", "signature", "origin"], ["size", "inclusion", "leaf"], ["commitment", "opening"]];

/** @param {string} id */
const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {string} tag @param {string} className @param {...(Node | string)} inside */
function element(tag, className, ...inside) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...inside);
  return made;
}

/** @param {"yes" | "no" | "open"} state @param {string} words */
function line(state, words) {
  const made = element("li", "check", words);
  made.dataset.check = state;
  return made;
}

/** What was checked last: the fate is asked for it. @type {{held: any, found: any} | null} */
let current = null;

/** @param {File} file */
async function check(file) {
  current = null;
  part("fate").hidden = true;
  part("told").replaceChildren();
  const typed = /** @type {HTMLInputElement} */ (part("vkey")).value.trim();
  let held = null;
  try {
    if (file.size > RECEIPT_MOST) throw new Wrong("shape", "a receipt is smaller");
    held = readReceipt(await file.text());
    const found = await checkReceipt(held, typed || held.vkey);
    current = { held, found };
    drawGood(held, found, Boolean(typed));
  } catch (error) {
    if (error instanceof Unable) drawVerdict("unable", say("verify.unable"), []);
    else if (held && typed && error instanceof Wrong && error.code === "origin") drawOther(held, typed);
    else if (held && typed && error instanceof Wrong && error.code === "key") drawVerdict("unable", say("verify.odd_key"), [element("p", "", say("verify.odd_key_next"))]);
    else drawBad(error);
  }
}

/** @param {any} held @param {any} found @param {boolean} known */
function drawGood(held, found, known) {
  const { opening } = found;
  const text = opening ? line("yes", say("verify.text")) : line("open", say("verify.text_lost"));
  const lines = [line("yes", say("verify.signed")), line("yes", say("verify.inside", { n: found.index })), text];
  const number = held.number ? [say("verify.number", { n: held.number })] : [];
  const by = !opening ? [] : [opening.as ? say("verify.by", { name: opening.as }) : say("verify.anonymous")];
  const about = element("p", "about", [...number, ...by, time(found.leaf.at)].join(" · "));
  const key = element("p", known ? "about" : "notice", say(known ? "verify.key_yours" : "verify.key_carried"), " ", element("code", "key", found.key.text));
  const lock = element("p", "about", say(found.leaf.hl ? "verify.locked" : "verify.unlocked"));
  drawVerdict("good", say("verify.good"), [element("ul", "findings", ...lines), ...(opening ? [quoted(opening)] : []), about, key, lock]);
  part("fate").hidden = false;
}

/** @param {{text: string, lang: string}} opening */
function quoted(opening) {
  const words = element("blockquote", "words", opening.text);
  words.dir = "auto";
  if (opening.lang !== "und") words.lang = opening.lang;
  return words;
}

/** A receipt that is of another record than the key that was entered says nothing against either. @param {any} held @param {string} typed */
function drawOther(held, typed) {
  const [, note = ""] = held.proof.split("\n\n");
  const names = [["verify.other_key", typed.split("+")[0]], ["verify.other_receipt", note.split("\n")[0]]];
  const lines = names.map(([key, name]) => element("p", "", say(key), " ", element("code", "key", name)));
  drawVerdict("unable", say("verify.other"), [...lines, element("p", "", say("verify.other_next"))]);
}

/** @param {unknown} error */
function drawBad(error) {
  const code = error instanceof Wrong ? error.code : "shape";
  const at = LINES.findIndex((codes) => codes.includes(code));
  const why = say(`why_${code}`);
  if (code === "shape") return drawVerdict("bad", say("verify.no_receipt"), [element("p", "", why)]);
  const held = [say("verify.signed"), say("verify.covered")];
  const lines = LINES.map((_, n) => line(n < at ? "yes" : n === at ? "no" : "open", n < at ? held[n] : n === at ? why : say("verify.not_reached")));
  drawVerdict("bad", say("verify.bad"), [element("ul", "findings", ...lines), element("p", "", say("verify.bad_next"))]);
}

/** @param {string} state @param {string} title @param {Node[]} inside */
function drawVerdict(state, title, inside) {
  const verdict = part("verdict");
  verdict.dataset.verdict = state;
  verdict.hidden = false;
  verdict.replaceChildren(element("h2", "", title), ...inside);
}

/** Seconds as people read them; whole UTC days stand for the day alone. @param {number} at */
function time(at) {
  const day = at % DAY_S === 0;
  const date = new Date(at * 1000);
  return day ? date.toLocaleDateString(undefined, { timeZone: "UTC" }) : date.toLocaleString();
}

/** Where the log of this origin answers this page. @param {string} origin */
function addressOf(origin) {
  const [host, ...rest] = origin.split("/");
  if (host === location.host) return `${location.origin}/${rest.join("/")}`;
  return `${LOCAL.test(host) ? "http" : "https"}://${origin}`;
}

/** What the record says of the question: every entry is read and held against the signature. @param {() => Promise<import("./log/reading.js").Source>} open */
async function tell(open) {
  if (!current) return;
  const { held, found } = current;
  const told = part("told");
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", say("verify.reading"));
  told.replaceChildren(element("p", "about", say("verify.reading")), bar);
  try {
    const read = await readLog(await open(), found.key, held.q, found.head, (done, size) => {
      [bar.max, bar.value] = [size, done];
    });
    const rows = read.found.map(({ index, leaf }) => element("li", "", element("b", "number", String(index)), " ", said(leaf), " ", element("span", "about", time(leaf.at))));
    const renumbered = held.number && held.number !== read.number ? [element("p", "complaint", say("verify.renumbered", { n: read.number, told: held.number }))] : [];
    told.replaceChildren(element("p", "proof", say("verify.whole", { n: read.head.size })), ...renumbered, element("ol", "ledger history", ...rows));
    /** @type {HTMLElement} */ (told.firstElementChild).dataset.proof = "checked";
  } catch (error) {
    const code = error instanceof Wrong ? error.code : error instanceof Unable ? "signature" : "archive";
    told.replaceChildren(element("p", "complaint", say(`why_${code}`)));
  }
}

/** One act in words. @param {any} leaf */
function said(leaf) {
  const parts = [say(`act.${leaf.t.replace(".", "_")}`)];
  const end = leaf.d ?? leaf.how ?? leaf.act;
  if (end) parts.push(say(`end.${end}`));
  if (leaf.reason) parts.push(leaf.reason);
  if (leaf.withheld) parts.push(say("verify.withheld"));
  if (leaf.basis) parts.push(say("verify.basis", { basis: say(`basis.${leaf.basis}`) }));
  if (leaf.t === "q.withdraw" || leaf.t === "q.appeal") parts.push(say(leaf.pre ? "verify.with_secret" : "verify.without_secret"));
  const [role, n] = (leaf.by ?? "").split(":");
  if (role) parts.push(role === "rule" ? say("by.rule") : say(`by.${role}`, { n }));
  return parts.join(" · ");
}

/** @param {File} file */
function take(file) {
  const isZip = file.name.toLowerCase().endsWith(".zip");
  if (!isZip) return check(file);
  return current ? tell(() => Zip.open(file)) : drawVerdict("unable", say("verify.receipt_first"), []);
}

function listen() {
  const [receipt, archive, vkey] = ["receipt", "archive", "vkey"].map((id) => /** @type {HTMLInputElement} */ (part(id)));
  receipt.addEventListener("change", () => receipt.files?.[0] && check(receipt.files[0]));
  vkey.addEventListener("change", () => receipt.files?.[0] && check(receipt.files[0]));
  archive.addEventListener("change", () => archive.files?.[0] && take(archive.files[0]));
  part("verify").addEventListener("submit", (event) => event.preventDefault());
  part("ask-record").addEventListener("click", () => tell(async () => webSource(addressOf(current?.found.head.origin))));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    const into = file.name.toLowerCase().endsWith(".zip") ? archive : receipt;
    into.files = event.dataTransfer.files;
    take(file);
  });
}

listen();
