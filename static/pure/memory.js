// @ts-check

const UNITS = /** @type {const} */ ([
  ["TB", 2 ** 40],
  ["GB", 2 ** 30],
  ["MB", 2 ** 20],
  ["KB", 2 ** 10],
]);

/** `7.9 GB`, in LSF's units of 1,024. @param {number} bytes */
export function memory(bytes) {
  const [unit, size] = unitOf(bytes);
  return `${figure(bytes / size)} ${unit}`;
}

/** `peak 7.9 of 8 GB`, `peak 7.9 GB`, `limit 8 GB`; empty when neither is told. @param {number | null} most @param {number | null} limit bytes */
export function memoryUse(most, limit) {
  if (most === null) return limit === null ? "" : `limit ${memory(limit)}`;
  if (limit === null) return `peak ${memory(most)}`;
  const [unit, size] = unitOf(limit);
  return most < size / 100 ? `peak ${memory(most)} of ${memory(limit)}` : `peak ${figure(most / size)} of ${figure(limit / size)} ${unit}`;
}

/** @param {number} bytes */
function unitOf(bytes) {
  return UNITS.find(([, size]) => bytes >= size) ?? UNITS[UNITS.length - 1];
}

/** @param {number} value */
function figure(value) {
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 });
}
