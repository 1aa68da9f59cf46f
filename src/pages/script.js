// Turns times to the viewer's zone, lets them go on counting, and renews the page. The pages work without it.
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
    short: (at) => `${two(at.getMonth() + 1)}-${two(at.getDate())} ${shapes.clock(at)}`,
    full: (at) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${shapes.clock(at)}`,
  };
  // The daemon's clock may differ from the browser's, and a replay has a time of its own.
  let offset = 0;
  const measure = () => {
    const made = document.querySelector("#made time");
    if (made) offset = Date.parse(made.dateTime) - Date.now();
  };
  measure();
  const localize = (root) => {
    for (const time of root.querySelectorAll("time")) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      const shape = time.closest("[data-shape]")?.dataset.shape;
      if (!shape) continue;
      const text = shape === "ago" ? `${span(Date.now() + offset - at)} ago` : shapes[shape](at);
      if (time.textContent !== text) time.textContent = text;
    }
  };
  localize(document);
  setInterval(() => localize(document), 1000);

  // Makes a part of the page like a fresh one. What did not change stays as it is, with its focus, what is folded open and
  // how far it is scrolled; forms that somebody may be filling in stay whatever the fresh one says.
  const kept = (node) => node.nodeType === 1 && node.hasAttribute("data-keep");
  const renewNode = (old, fresh) => {
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || kept(old) !== kept(fresh)) {
      old.replaceWith(document.adoptNode(fresh));
      return;
    }
    if (old.nodeType !== 1) {
      if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
      return;
    }
    if (kept(old)) return;
    // Its text is the viewer's by now.
    if (old.nodeName === "TIME" && old.dateTime === fresh.dateTime) return;
    for (const { name, value } of [...fresh.attributes]) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    const [before, after] = [[...old.childNodes], [...fresh.childNodes]];
    after.forEach((node, at) => (at < before.length ? renewNode(before[at], node) : old.append(document.adoptNode(node))));
    before.slice(after.length).forEach((node) => node.remove());
  };

  const button = document.querySelector("#live");
  if (!button || !Number(document.body.dataset.every) || !window.EventSource) return;
  let paused = sessionStorage.getItem("paused") === "yes";
  let [source, busy, again] = [null, false, false];
  const renew = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (answer.ok && !paused) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        renewNode(document.querySelector("#main"), fresh.querySelector("#main"));
        document.title = fresh.title;
        measure();
        localize(document);
      }
    } catch {
      // The daemon is away; the stream says when it is back.
    }
    busy = false;
    if (again) {
      again = false;
      renew();
    }
  };
  const show = () => {
    button.hidden = false;
    button.textContent = paused ? "Paused: go on" : source?.readyState === 1 ? "Live: pause" : "Connecting: pause";
  };
  // A browser has few connections to a host, so a page that nobody sees keeps none.
  const tune = () => {
    const wanted = !paused && !document.hidden;
    if (wanted && !source) {
      source = new EventSource("/ui/events");
      source.addEventListener("open", show);
      source.addEventListener("changed", renew);
      source.addEventListener("error", () => {
        show();
        if (source?.readyState !== 2) return;
        source = null;
        setTimeout(tune, 10000);
      });
    } else if (!wanted && source) {
      source.close();
      source = null;
    }
    show();
  };
  button.addEventListener("click", () => {
    paused = !paused;
    sessionStorage.setItem("paused", paused ? "yes" : "no");
    tune();
    if (!paused) renew();
  });
  document.addEventListener("visibilitychange", () => {
    tune();
    if (source) renew();
  });
  tune();
})();
