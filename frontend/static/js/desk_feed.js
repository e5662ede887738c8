// @ts-check
// What the desk hears and says: a long poll for changes, decisions as API calls.
import { say } from "./words.js";

const WAIT_S = 12;
const LONGEST_WAIT_MS = 15_000;
const PATIENCE_MS = WAIT_S * 1000 + 8000; // a server that stands still must not keep a moderator waiting without a word

/** The answer; an Error in words where it is a refusal, or there is none. @param {string} slug @param {string} rest @param {any} [body] @returns {Promise<any>} */
export async function call(slug, rest, body) {
  const answer = await fetch(`/api/v1/meetings/${slug}/${rest}`, {
    method: body === undefined ? "GET" : "POST",
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: "same-origin",
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch(() => {
    throw new Error(say("desk_silent"));
  });
  const value = await answer.json().catch(() => ({}));
  if (answer.ok) return value;
  throw Object.assign(new Error(value.error?.message ?? String(answer.status)), {
    status: answer.status,
    code: value.error?.code,
  });
}

/**
 * Tell every change after `position` until the sign-in ends; goes on after every break.
 * @param {string} slug @param {() => string} position
 * @param {{told: (message: any) => void, status: (s: "live" | "away" | "ended") => void}} on
 */
export async function follow(slug, position, on) {
  let tries = 0;
  for (;;) {
    try {
      on.told(await call(slug, `desk?after=${position()}&wait=${WAIT_S}`));
      on.status("live");
      tries = 0;
    } catch (error) {
      const { status } = /** @type {any} */ (error);
      if (status === 401 || status === 403) return on.status("ended");
      on.status("away");
      tries += 1;
      await new Promise((done) => setTimeout(done, Math.random() * Math.min(LONGEST_WAIT_MS, 500 * 2 ** tries)));
    }
  }
}

/** "1:02:03" as seconds, null when empty; what is no such time is refused in words. @param {string} text */
function seconds(text) {
  if (!text.trim()) return null;
  const parts = text.trim().split(":");
  if (parts.length > 3 || !parts.every((part) => /^[0-9]{1,5}$/.test(part))) throw new Error(say("desk_no_time"));
  return parts.reduce((sum, part) => sum * 60 + Number(part), 0);
}

/**
 * Sends one act of the desk; `fields` are those of its form. `said` in what it returns: the words that stand
 * with the question from then on, until the feed tells of them.
 * @param {string} slug @param {string} act @param {FormData} fields
 */
export async function decide(slug, act, fields) {
  const text = (/** @type {string} */ name) => String(fields.get(name) ?? "");
  const revision = Number(text("revision"));
  const at = `questions/${text("q")}`;
  const target = text("target") ? Number(text("target")) : null;
  switch (act) {
    case "split_all":
      return call(slug, `${at}/split-all`, { revision });
    case "reverse":
      return call(slug, `${at}/list`, { revision });
    case "skip":
      return call(slug, `${at}/skip`, { revision, reason: text("reason") });
    case "screen":
      return call(slug, `${at}/screen`, { revision, reason: text("reason"), note: text("note"), target, first: text("first") || null });
    case "merge":
      return call(slug, `${at}/merge`, { revision, into: Number(text("into")) });
    case "merge_copies":
      return call(slug, `${at}/merge-copies`, { revision, copies: JSON.parse(text("copies")) });
    case "word":
      return { ...(await call(slug, `${at}/word`, { revision, wording: text("wording") })), said: { wording: text("wording") } };
    case "send_back":
      return call(slug, `${at}/send-back`, { revision, hint: text("hint") });
    case "overturn":
    case "uphold":
      return call(slug, `${at}/judge`, { revision, overturn: act === "overturn" });
    case "answer": {
      const [stream_s, answer] = [seconds(text("stream")), text("answer")];
      return { ...(await call(slug, `${at}/answer`, { revision, stream_s, text: answer })), said: { stream_s, answer } };
    }
    default:
      return call(slug, `${at}/${act}`, { revision });
  }
}
