// @ts-check
import { attribute, h, setRoot } from "../edge/dom.js";
import { remember, remembered } from "../edge/settings.js";

const KEY = "batchboard-panel-width";
const LEAST = 360;
const STEP = 40;

/** The left edge of the panel: drawn with the pointer or the arrow keys, kept in this browser; a double click forgets it. @param {HTMLElement} panel */
export function panelEdge(panel) {
  const names = { role: "separator", "aria-orientation": "vertical", "aria-label": "Width of the job panel", tabindex: "0", title: "Drag, or arrow keys; double click: as it was" };
  const edge = h("div", { class: "panel-edge", ...names });
  const most = () => Math.max(LEAST, innerWidth - 320);
  const set = (/** @type {number} */ wanted) => {
    const width = Math.round(Math.min(most(), Math.max(LEAST, wanted)));
    setRoot("--panel-width", `${width}px`);
    remember(KEY, width);
  };
  const tell = (/** @type {number} */ width) => {
    for (const [name, value] of Object.entries({ valuemin: LEAST, valuemax: most(), valuenow: width })) attribute(edge, `aria-${name}`, value);
  };
  const kept = remembered(KEY, 0);
  if (typeof kept === "number" && kept >= LEAST) setRoot("--panel-width", `${kept}px`);
  new ResizeObserver(() => tell(panel.offsetWidth)).observe(panel);
  edge.addEventListener("pointerdown", (event) => {
    edge.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  edge.addEventListener("pointermove", (event) => edge.hasPointerCapture(event.pointerId) && set(innerWidth - event.clientX));
  edge.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
    if (!step) return;
    event.preventDefault();
    set(panel.offsetWidth + step);
  });
  edge.addEventListener("dblclick", () => {
    document.documentElement.style.removeProperty("--panel-width");
    remember(KEY, undefined);
  });
  return edge;
}
