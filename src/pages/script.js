// Turns times to the viewer's zone and lets them go on counting. The pages work without it.
"use strict";
(() => {
  const two = (number) => String(number).padStart(2, "0");
  const span = (millis) => {
    const s = Math.max(0, Math.floor(millis / 1000));
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min`;
    return s < 86400 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86400)} d`;
  };
  const shapes = {
    clock: (at) => `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`,
    full: (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${shapes.clock(at)}`,
  };
  // The daemon's clock may differ from the browser's, and a replay has a time of its own.
  const made = document.querySelector("#made time");
  const offset = made ? Date.parse(made.dateTime) - Date.now() : 0;
  const localize = (root) => {
    for (const time of root.querySelectorAll("time[data-shape]")) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      const shape = time.dataset.shape;
      const text = shape === "ago" ? `${span(Date.now() + offset - at)} ago` : shapes[shape](at);
      if (time.textContent !== text) time.textContent = text;
    }
  };
  localize(document);
  setInterval(() => localize(document), 1000);
  window.mockx = { localize };
})();
