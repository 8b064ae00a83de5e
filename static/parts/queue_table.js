// @ts-check
import { h, styled } from "../edge/dom.js";
import { now } from "../edge/ticking.js";
import { queuesOf } from "../pure/queues.js";
import { ago } from "../pure/time.js";
import { openFloat } from "./float.js";

await styled("queues");

/**
 * Opens a table of all queues of the farms, as they are now. @param {HTMLElement} button @param {import("../pure/store.js").Store} store
 */
export function openQueues(button, store) {
  const queues = queuesOf(store.all("location"), now());
  const several = queues.some(({ where }) => where);
  const told = /** @type {FarmLocation[]} */ (store.all("location")).map(({ queues_at }) => queues_at ?? "").sort().at(-1);
  const titles = ["Pending", "Running", "Suspended"].map((title) => h("th", { scope: "col", class: "number" }, title));
  const lines = queues.map(({ name, where, status, pending, running, suspended }) =>
    h("tr", {},
      h("th", { scope: "row" }, name), several && h("td", {}, where.slice(2, -1)), h("td", {}, status),
      ...[pending, running, suspended].map((count) => h("td", { class: "number" }, String(count)))));
  const table = h("table", { class: "queues" },
    h("caption", {}, `Queues as bqueues told them${told ? `, ${ago(told, now())}` : ""}`),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Queue"), several && h("th", { scope: "col" }, "Location"), h("th", { scope: "col" }, "Status"), ...titles)),
    h("tbody", {}, ...lines));
  const float = h("div", { class: "menu", popover: "auto", role: "dialog", "aria-label": "Queues", tabindex: "-1" }, table);
  openFloat(button, float);
  float.focus();
}
