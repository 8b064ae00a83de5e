// @ts-check
import { isBeforeLsf, isLive } from "./status.js";

/**
 * A piece of a job's log as the API gives it; positions in bytes of its source.
 * @typedef {{text: string, source: "file" | "bpeek" | "none", offset: number, next: number, size: number,
 *   path: string | null, complete: boolean, begins?: number[] | null}} Piece
 */

/** Characters and lines kept on the page; what comes before is a click away. */
export const KEPT = 1_000_000;
export const LINES_KEPT = 20_000;

/** Bytes shown before a place that a link leads to. */
const BEFORE = 16 * 1024;

/**
 * What is shown of a log, and what to ask for next.
 *
 * `take` answers what to do with a piece: "append" its text, "replace" everything shown by it, or "again": the source
 * changed or the file was written anew, ask for the end once more.
 */
export class LogReading {
  /** @type {Piece["source"] | null} */
  source = null;
  /** @type {number | null} where the next piece starts; null: ask for the end */
  next = null;
  /** where the text shown starts */
  offset = 0;
  size = 0;
  complete = false;
  /** @type {string | null} */
  path = null;
  /** @type {number | null} the place that a link leads to and that the log does not have */
  missed = null;

  /** @param {number | null} [place] a byte to open it at; null: at its end */
  constructor(place = null) {
    this.place = place;
  }

  /** What to ask for next. @param {number} limit @returns {{offset?: number, limit: number}} */
  request(limit) {
    if (this.next !== null) return { offset: this.next, limit };
    return this.place === null ? { limit } : { offset: Math.max(0, this.place - BEFORE), limit };
  }

  /** Open it at its end with the next piece. */
  toEnd() {
    this.next = this.place = this.missed = null;
  }

  /** Open it at a place with the next piece. @param {number} place */
  toPlace(place) {
    this.toEnd();
    this.place = place;
    this.complete = false;
  }

  /** Whether a byte is in what is shown. @param {number} byte */
  shows(byte) {
    return this.next !== null && byte >= this.offset && byte < this.next;
  }

  /** What is shown ends earlier now: the rest was let go. @param {number} byte */
  endsAt(byte) {
    this.next = byte;
    this.complete = false;
  }

  /** @param {Piece} piece @returns {"append" | "replace" | "again"} */
  take(piece) {
    if (this.next !== null && (piece.source !== this.source || piece.offset !== this.next || piece.size < this.next)) {
      this.next = null;
      return "again";
    }
    const first = this.next === null;
    if (first && this.place !== null && piece.source !== "none" && (piece.size <= this.place || piece.offset > this.place)) {
      this.missed = this.place;
      this.place = null;
      return "again";
    }
    if (first) this.offset = piece.offset;
    this.source = piece.source;
    this.next = piece.source === "none" ? null : piece.next;
    this.size = piece.size;
    this.path = piece.path;
    this.complete = piece.complete && piece.next >= piece.size;
    return first ? "replace" : "append";
  }

  /** Whether more is there already, so that the next piece is worth asking for at once. */
  get behind() {
    return this.next !== null && this.next < this.size;
  }

  /** @param {number} limit @returns {{offset: number, limit: number} | null} the piece before what is shown */
  earlier(limit) {
    if (this.offset <= 0) return null;
    const offset = Math.max(0, this.offset - limit);
    return { offset, limit: this.offset - offset };
  }

  /** The piece before was put in front. @param {Piece} piece @returns {boolean} false: it does not fit any more */
  takeEarlier(piece) {
    if (piece.source !== this.source || piece.next !== this.offset) return false;
    this.offset = piece.offset;
    return true;
  }
}

/** Where output comes from. @param {Piece["source"] | null} source */
export function sourceWords(source) {
  return source === "bpeek" ? "from bpeek" : "from the log file";
}

/** Said above what bpeek shows; where the file will be stands above it. */
export const PEEK = "LSF writes the log file when the job ends; this is what bpeek shows.";

/** `2.1 GB`. @param {number} bytes */
export function sizeWords(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  const step = Math.min(4, Math.floor(Math.log10(bytes) / 3 + 1e-9));
  const value = bytes / 1000 ** step;
  return `${value.toFixed(value < 100 ? 1 : 0)} ${["", "kB", "MB", "GB", "TB"][step]}`;
}

/** Where in the log a byte is. @param {number} byte @param {number} size */
export function shareWords(byte, size) {
  const share = size ? (byte / size) * 100 : 0;
  return `${share > 0 && share < 10 ? share.toFixed(1) : Math.floor(share)} %`;
}

/** Why there is no output. @param {string} status of the job @param {string | null} path where LSF writes it */
export function silentWords(status, path) {
  const where = path ? `, in ${path}` : "";
  if (isBeforeLsf(status)) return "No output yet: LSF does not have the job.";
  return isLive(status) ? `No output yet: output appears when the job ends${where}.` : `No output was found${where}.`;
}

/**
 * A piece cut into lines, each with its line end (a line feed or a carriage return), and the byte at which it begins.
 * @param {string} text @param {number} offset of the piece @param {number[] | null} [begins] of its lines, when it is not
 *   UTF-8 and they cannot be counted @returns {{at: number, text: string}[]}
 */
export function linesIn(text, offset, begins = null) {
  const encoder = new TextEncoder();
  let at = offset;
  return (text.match(/[^\n\r]*(?:\r\n|\n|\r)|[^\n\r]+$/g) ?? []).map((line, number) => {
    const begin = begins?.[number] ?? at;
    at = begin + encoder.encode(line).length;
    return { at: begin, text: line };
  });
}

/** Whether a line has its end. @param {string} text */
export function isWhole(text) {
  return /[\n\r]$/.test(text);
}

/** Which of the lines, told by where each begins, holds a byte. @param {number[]} begins ascending @param {number} byte */
export function lineAt(begins, byte) {
  const after = begins.findIndex((at) => at > byte);
  return (after < 0 ? begins.length : after) - 1;
}
