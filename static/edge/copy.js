// @ts-check

/**
 * Puts a text on the clipboard. @param {string} text @returns {Promise<boolean>} false: the browser does not let us (it
 * does so only on https and on the machine itself)
 */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; /* no clipboard here, or it was not allowed */
  }
}
