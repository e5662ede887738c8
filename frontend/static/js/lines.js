// @ts-check
// Two ways to the live board that say the same: a socket, and, where sockets are blocked, a stream
// of events with posts. Both are opened with hello's fields and end with `closed`, told once.

const POST_MS = 10_000;
const FOR_A_WHILE = new Set([429, 503]);

/**
 * `closed(false)`: a socket that did not open, or a stream that the door had no room for.
 * @typedef {{message: (m: any) => void, heard: () => void, closed: (opened: boolean) => void}} Told
 */
/** @typedef {{events: boolean, send: (m: any) => void, close: () => void}} Line */

/** @param {string} slug @param {any} hello @param {Told} on @returns {Line} */
export function openSocket(slug, hello, on) {
  const socket = new WebSocket(`${location.origin.replace("http", "ws")}/live/${slug}`);
  let opened = false;
  socket.addEventListener("open", () => {
    opened = true;
    socket.send(JSON.stringify({ t: "hello", ...hello }));
  });
  socket.addEventListener("message", (event) => {
    on.heard();
    on.message(JSON.parse(event.data));
  });
  socket.addEventListener("close", () => on.closed(opened));
  return { events: false, send: (message) => socket.send(JSON.stringify(message)), close: () => socket.close(1000) };
}

/** @param {string} slug @param {any} hello @param {Told} on @returns {Line} */
export function openEvents(slug, hello, on) {
  const stop = new AbortController();
  /** @param {boolean} opened */
  const closed = (opened) => {
    if (stop.signal.aborted) return;
    stop.abort();
    on.closed(opened);
  };
  const end = () => closed(true);
  read(slug, hello, on, stop.signal).then((status) => closed(status !== 503), end);
  /** Votes go one after the other: the last wish for a question comes last. @type {Promise<void>} */
  let votes = Promise.resolve();
  /** What is not answered is not known: the next welcome sends it again. @param {any} message */
  const post = (message) => said(slug, hello.d, message, on, stop.signal).catch(end);
  return {
    events: true,
    send: (message) => {
      if (message.t === "vote") votes = votes.then(() => post(message));
      else post(message);
    },
    close: end,
  };
}

/** The status that the stream had, at its end. @param {string} slug @param {any} hello @param {Told} on @param {AbortSignal} signal */
async function read(slug, { ticket, d, epoch, pos }, on, signal) {
  const where = new URLSearchParams({ d, ...(epoch && pos ? { epoch, pos } : {}) });
  const answer = await fetch(`/api/v1/meetings/${slug}/events?${where}`, {
    headers: { "openfloor-ticket": ticket }, credentials: "same-origin", cache: "no-store", signal,
  });
  if (!answer.ok || !answer.body) return answer.status;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return answer.status;
    on.heard();
    const events = (rest + value).split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) if (event.startsWith("data: ")) on.message(JSON.parse(event.slice(6)));
  }
}

/**
 * What is refused for a while is told as the socket would, and the stream goes on; a look is let fall.
 * @param {string} slug @param {string} d @param {any} message @param {Told} on @param {AbortSignal} signal
 */
async function said(slug, d, message, on, signal) {
  if (signal.aborted) return;
  const answer = await fetch(`/api/v1/meetings/${slug}/messages?d=${d}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(message),
    credentials: "same-origin",
    signal: AbortSignal.timeout(POST_MS),
  });
  if (!answer.ok && !FOR_A_WHILE.has(answer.status)) throw new Error(`not taken: ${answer.status}`);
  const { messages, error } = await answer.json();
  const refused = error && message.r ? [{ t: "refused", r: message.r, ...error }] : [];
  for (const told of messages ?? refused) if (!signal.aborted) on.message(told);
}
