// @ts-check
import { call, Refused } from "../edge/api.js";
import { attribute, h, setText, styled } from "../edge/dom.js";
import { now } from "../edge/ticking.js";
import { lastTime, spanQuery } from "../pure/handover.js";
import { minute, zone } from "../pure/time.js";
import { copyButton } from "./copy_button.js";
import { openSheet } from "./sheet.js";

await styled("handover");

const HOUR = 3_600_000;
const HOURS = [8, 12, 24];

/** Opens what is handed over to the next shift: a span to choose, the text for the logbook, to copy or to save. @param {Page} page */
export function openHandover(page) {
  const address = `${page.api}/experiments/${page.experiment?.name}/shift.md`;
  const text = h("pre", { class: "handover-text", tabindex: "0", role: "region", "aria-label": "Text for the logbook", "aria-busy": "true" });
  const problem = h("p", { class: "wrong", role: "alert", hidden: true });
  const save = h("a", { class: "button", download: true }, "Download .md");
  const copied = copyButton({ text: () => text.textContent ?? "", label: "Copy" });
  const time = h("input", { type: "time", "aria-label": `Since, ${zone()}`, value: minute(now() - 8 * HOUR) });
  let asked = 0;
  const show = async (/** @type {number} */ from) => {
    const mine = (asked += 1);
    const query = spanQuery(from, now());
    attribute(save, "href", `${address}?${query}`);
    attribute(text, "aria-busy", true);
    const outcome = await read(`${address}?${query}`).then((said) => ({ said, why: "" }), refused);
    if (mine !== asked) return;
    attribute(text, "aria-busy", null);
    setText(text, outcome.said);
    setText(problem, outcome.why);
    problem.hidden = !outcome.why;
    attribute(save, "aria-disabled", outcome.why !== "");
    copied.disabled = outcome.why !== "";
  };
  const since = () => {
    const from = lastTime(time.value, now());
    if (from !== null) void show(from);
  };
  const choice = (/** @type {string} */ words, /** @type {() => void} */ chosen, /** @type {boolean} */ checked, /** @type {Node[]} */ ...more) => {
    const radio = h("input", { type: "radio", name: "span", onchange: chosen });
    radio.checked = checked;
    return { radio, element: h("label", {}, radio, words, ...more) };
  };
  const at = choice("Since", since, false, time, h("span", { class: "quiet" }, zone()));
  time.addEventListener("input", () => {
    at.radio.checked = true;
    since();
  });
  const spans = HOURS.map((hours, i) => choice(`Last ${hours} h`, () => void show(now() - hours * HOUR), i === 0));
  openSheet(
    `Handover of ${page.experiment?.name}`,
    h("fieldset", { class: "handover-span" }, h("legend", { class: "unseen" }, "Shift"), ...spans.map(({ element }) => element), at.element),
    problem,
    text,
    h("p", { class: "handover-ways" }, copied, save, h("span", { class: "quiet" }, "Markdown, times of the facility")),
  ).element.classList.add("handover");
  void show(now() - HOURS[0] * HOUR);
}

/** What `call` says of a failure holds here too. @param {string} address @returns {Promise<string>} */
async function read(address) {
  const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(20_000) }).catch(() => null);
  return answer?.ok ? answer.text() : call("GET", address);
}

/** @param {unknown} cause */
function refused(cause) {
  if (!(cause instanceof Refused)) throw cause;
  return { said: "", why: cause.message };
}
