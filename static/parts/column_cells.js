// @ts-check
import { attribute, glow, h, setText } from "../edge/dom.js";
import { now, stands, ticks } from "../edge/ticking.js";
import { nameOf } from "../pure/columns.js";
import { paramText } from "../pure/filter.js";
import { parse } from "../pure/report.js";
import { isLive } from "../pure/status.js";
import { full, length, moment } from "../pure/time.js";
import { age } from "../pure/view.js";
import { showLength, showTime } from "./cells.js";
import { nodes, paint } from "./report.js";

/**
 * A cell of a column. `show` draws a run or a job in it, in place; the cell of `lsf` is left to LsfCell.
 * @typedef {{element: HTMLTableCellElement, show: (row: any) => void}} Cell
 */

/** Of cells that look otherwise than a plain text. */
const CLASSES = /** @type {Record<string, string>} */ ({ started: "started", lsf: "lsf", submitted: "submitted" });

/**
 * @param {Column} column @param {number} i its place among the columns of its level @param {Columns} columns
 * @returns {Cell}
 */
export function makeCell(column, i, columns) {
  const { key, level } = column;
  const name = nameOf(column);
  const element = h("td", { headers: `h-${level}-${i}`, class: name ? (level === "run" ? "param" : "count") : CLASSES[key] });
  element.classList.toggle("number", column.number);
  pin(element, columns, level, i);
  if (name) return { element, show: level === "run" ? (run) => showParam(element, name, run) : counterShower(element, name) };
  return { element, show: SHOWS[`${level} ${key}`]?.(element) ?? ((row) => showText(element, row[key] ?? "")) };
}

/**
 * Keeps a cell in sight when it is pinned: it sticks beside those before it.
 * @param {HTMLElement} element @param {Columns} columns @param {"run" | "job"} level @param {number} i
 */
export function pin(element, { pins, widths }, level, i) {
  const at = level === "run" ? i : i + 2;
  if (i < pins[level]) stick(element, widths.slice(0, at));
}

/** The hash and the status stay in sight before pinned job columns. @param {HTMLElement[]} cells both @param {Columns} columns */
export function stickFirst(cells, { pins, widths }) {
  if (pins.job) cells.forEach((cell, i) => stick(cell, widths.slice(0, i)));
}

/** @param {HTMLElement} element @param {number[]} before widths of the tracks before it */
function stick(element, before) {
  element.classList.add("pinned");
  element.style.setProperty("--left", `${before.reduce((sum, width) => sum + width, 0)}px`);
}

/** @type {Record<string, (element: HTMLElement) => (row: any) => void>} by level and key; other columns are a field's text */
const SHOWS = {
  "run started": (cell) => {
    const time = h("time");
    cell.append(time);
    return ({ started_at }) => showTime(time, started_at, "started");
  },
  "run length": (cell) => (/** @type {Run} */ { started_at, ended_at }) => {
    const begun = Date.parse(started_at);
    cell.classList.add("run-length");
    attribute(cell, "data-live", ended_at === null);
    if (ended_at) stands(cell, length(Date.parse(ended_at) - begun));
    else ticks(cell, (time) => length(time - begun));
    attribute(cell, "title", ended_at ? `ended ${full(ended_at)}` : "the run goes on");
  },
  "run tags": (cell) => ({ tags }) => showText(cell, tags.join(", ")),
  "job lsf": () => () => {},
  "job submitted": (cell) => {
    const time = h("time");
    cell.append(time);
    return (/** @type {Job} */ { submitted_at, requested_at, user }) => {
      const asked = `asked for ${full(requested_at)} by ${user}`;
      showTime(time, submitted_at ?? requested_at, submitted_at ? `${asked}\nsubmitted` : `asked for by ${user},`);
      attribute(time, "data-tentative", submitted_at === null);
    };
  },
  "job requested": (cell) => (/** @type {Job} */ { requested_at, user }) => {
    setText(cell, moment(requested_at, now()));
    attribute(cell, "title", `asked for ${full(requested_at)} by ${user}`);
  },
  "job length": (cell) => (job) => showLength(cell, job),
};

/** @param {HTMLElement} cell @param {string} text */
function showText(cell, text) {
  setText(cell, text);
  attribute(cell, "title", text || null);
}

/** @param {HTMLElement} cell @param {string} name @param {Run} run */
function showParam(cell, name, { params }) {
  const value = Object.hasOwn(params, name) ? params[name] : null;
  const text = paramText(value);
  const number = typeof value === "number";
  setText(cell, number ? value.toLocaleString("en", { maximumFractionDigits: 12 }).replaceAll(",", "\u2009") : text);
  attribute(cell, "title", text ? `${name}: ${text}` : null);
  attribute(cell, "data-name", name);
  cell.classList.toggle("number", number);
}

/** Shows the counter's value as the job coloured it, and how old it is. @param {HTMLElement} cell @param {string} name */
function counterShower(cell, name) {
  const value = h("span", { class: "value" });
  const old = h("span", { class: "age" });
  cell.append(value, old);
  attribute(cell, "data-name", name);
  return (/** @type {Job} */ job) => {
    const counter = job.counters.find((one) => one.name === name);
    showValue(value, counter);
    const at = counter?.at ?? null;
    attribute(cell, "title", counter && `${name}: ${counter.value}${at ? `\nreported ${full(at)}` : ""}`);
    if (at && isLive(job.status)) ticks(old, (time) => age(at, time));
    else stands(old, at ? age(at, now()) : "");
  };
}

/** A counter's value, changed in place: it glows once when it is another one. @param {HTMLElement} element @param {Counter | undefined} counter */
export function showValue(element, counter) {
  const drawn = counter ? JSON.stringify([counter.value, counter.color]) : "";
  const before = element.dataset.drawn;
  if (before === drawn) return;
  element.dataset.drawn = drawn;
  element.replaceChildren(...nodes(parse(String(counter?.value ?? ""))));
  paint(element, counter?.color ?? null);
  if (before !== undefined) glow(element);
}
