// @ts-check
/** Calls of the HTTP API. */

const TIMEOUT = 20_000;

/** Event of the window: an answer said that nobody is logged in any more. */
export const LOGGED_OUT = "batchboard-logged-out";

/** The API said no, or did not answer. The message is a sentence for people; `field` names the wrong field. */
export class Refused extends Error {
  /** @param {number} status 0: no answer @param {{code: string, message: string, field?: string}} error */
  constructor(status, { code, message, field }) {
    super(message);
    this.status = status;
    this.code = code;
    this.field = field ?? null;
  }
}

/**
 * The answer's JSON; null when it has none. Raises Refused. When nobody is logged in any more the page offers the login in
 * another tab and stays as it is.
 * @param {string} method @param {string} address @param {unknown} [body] @param {Record<string, string>} [headers] more of them
 * @param {number} [timeout] ms @returns {Promise<any>}
 */
export async function call(method, address, body, headers = {}, timeout = TIMEOUT) {
  const changing = method !== "GET";
  /** @type {Response} */
  let response;
  let text = "";
  try {
    response = await fetch(address, {
      method,
      headers: changing ? { "Content-Type": "application/json", ...headers } : headers,
      body: changing ? JSON.stringify(body ?? {}) : undefined,
      cache: "no-store",
      signal: AbortSignal.timeout(timeout),
    });
    text = await response.text();
  } catch (cause) {
    if (!(cause instanceof TypeError || cause instanceof DOMException)) throw cause;
    const message = "The server did not answer. Whether it was done shows when the connection is back.";
    throw new Refused(0, { code: "no_answer", message });
  }
  if (response.status === 401) {
    dispatchEvent(new Event(LOGGED_OUT));
    throw new Refused(401, { code: "unauthorized", message: "Nothing was done: you are logged out. Log in at the top, then do it again." });
  }
  if (!response.ok) throw new Refused(response.status, errorIn(text, response.status));
  return text ? JSON.parse(text) : null;
}

/** @param {string} text @param {number} status @returns {{code: string, message: string, field?: string}} */
function errorIn(text, status) {
  const unknown = { code: "unknown", message: `The server answered ${status} and did not say why.` };
  try {
    return JSON.parse(text)?.error ?? unknown;
  } catch (cause) {
    if (cause instanceof SyntaxError) return unknown;
    throw cause;
  }
}
