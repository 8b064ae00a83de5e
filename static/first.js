/* Run before anything is painted, on every page, and again after each change: the looks that this browser has chosen. */
{
  const contrast = matchMedia("(prefers-contrast: more)");
  const sheet = document.createElement("link");
  const { src } = /** @type {HTMLScriptElement} */ (document.currentScript);
  const show = () => {
    let chosen = /** @type {{theme?: string, rows?: string}} */ ({});
    try {
      chosen = JSON.parse(localStorage.getItem("batchboard-settings") ?? "{}");
    } catch {
      /* no storage, or not ours: as the system looks */
    }
    const [theme = "", more] = String(chosen.theme ?? "").split("-");
    const { dataset } = document.documentElement;
    dataset.theme = theme;
    dataset.contrast = more || (!theme && contrast.matches) ? "more" : "";
    dataset.rows = chosen.rows ?? "";
    if (!dataset.contrast || sheet.rel) return;
    sheet.rel = "stylesheet";
    sheet.href = src.replace("first.js", "style/contrast.css");
    sheet.setAttribute("blocking", "render");
    document.head.append(sheet);
  };
  show();
  contrast.addEventListener("change", show);
  addEventListener("batchboard-settings", show);
  addEventListener("storage", show);
}
