// @ts-check
/** Editing a definition's cells while others may edit them too. */

/**
 * What leaving a cell means. `base`: its value when typing began, `mine`: what was typed, `theirs`: its value now.
 * @param {string} base @param {string} mine @param {string} theirs
 * @returns {"nothing" | "send" | "conflict"}
 */
export function decide(base, mine, theirs) {
  if (mine === theirs || mine === base) return "nothing";
  return base === theirs ? "send" : "conflict";
}

/**
 * A whole command line given as an executable, split at its first blank.
 * @param {string} typed @returns {{executable: string, parameters: string | null}} parameters null: there were none
 */
export function splitCommand(typed) {
  const text = typed.trim();
  const blank = text.search(/\s/);
  if (blank < 0) return { executable: text, parameters: null };
  return { executable: text.slice(0, blank), parameters: text.slice(blank).trim() };
}

/** Parameters as the script gets them: split at blanks and nothing else. @param {string} parameters */
export function split(parameters) {
  return parameters.split(/\s+/).filter((part) => part !== "");
}

/** Whether somebody may expect a shell to read these parameters. @param {string} parameters */
export function looksLikeShell(parameters) {
  return /["'`$*?|;&<>\\~]/.test(parameters);
}

/**
 * Why a value cannot be saved, in words; null when it can.
 * @param {"name" | "executable" | "parameters"} field @param {string} value
 */
export function objection(field, value) {
  switch (field) {
    case "name":
      if (!value) return "a hash needs a name";
      if ([...value].length > 64) return "at most 64 characters";
      return /\p{C}/u.test(value) ? "printable characters only" : null;
    case "executable":
      if (!value) return null;
      if (!value.startsWith("/")) return "an absolute path is needed, starting with /";
      return new TextEncoder().encode(value).length > 4096 ? "at most 4,096 bytes" : null;
    case "parameters":
      return [...value].length > 4000 ? "at most 4,000 characters" : null;
  }
}
