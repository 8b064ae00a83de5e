// @ts-check

/** Takes an element out of the page; a focus that it held goes on to the first line of the table in sight. @param {Element} element */
export function leave(element) {
  const held = element.contains(document.activeElement);
  element.remove();
  if (!held) return;
  const lines = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("#runs .at")]);
  const line = lines.find((one) => one.getBoundingClientRect().top > 120);
  (line ?? document.getElementById("main"))?.focus({ preventScroll: true });
}
