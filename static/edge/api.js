// @ts-check
/** Calls of the HTTP API. */

const TIMEOUT = 20_000;

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
 * The answer's JSON; null when it has none. Raises Refused. When nobody is logged in any more the page is loaded again,
 * which shows how to log in.
 * @param {string} method @param {string} address @param {unknown} [body] @returns {Promise<any>}
 */
export async function call(method, address, body) {
  const changing = method !== "GET";
  /** @type {Response} */
  let response;
  let text = "";
  try {
    response = await fetch(address, {
      method,
      headers: changing ? { "Content-Type": "application/json" } : {},
      body: changing ? JSON.stringify(body ?? {}) : undefined,
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT),
    });
    text = await response.text();
  } catch (cause) {
    if (!(cause instanceof TypeError || cause instanceof DOMException)) throw cause;
    const message = "The server did not answer. Whether it was done shows when the connection is back.";
    throw new Refused(0, { code: "no_answer", message });
  }
  if (response.status === 401) location.reload();
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
