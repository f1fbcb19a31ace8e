// A stretch of the lanes that is drawn over with the pointer becomes the page's time; keys move it. Links do the same.
"use strict";

(() => {
  const brushes = (figure) => {
    const picture = figure.querySelector(".lane .lane-picture");
    let start = null;
    let band = null;

    const share = (event) => {
      const box = picture.getBoundingClientRect();
      return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
    };

    const draw = (from, to) => {
      const box = picture.getBoundingClientRect();
      const around = figure.getBoundingClientRect();
      band.style.left = `${box.left - around.left + Math.min(from, to) * box.width}px`;
      band.style.width = `${Math.abs(to - from) * box.width}px`;
    };

    const words = (us) => new Date(us / 1000 + Number(figure.dataset.offset) / 1000).toISOString().slice(0, 16);

    const go = (from, to) => {
      const since = Number(figure.dataset.since);
      const span = Number(figure.dataset.until) - since;
      const address = new URL(figure.dataset.link, window.location.href);
      address.searchParams.set("from", words(since + Math.min(from, to) * span));
      address.searchParams.set("to", words(since + Math.max(from, to) * span + 59999999));
      window.location.assign(address);
    };

    figure.addEventListener("pointerdown", (event) => {
      const box = picture.getBoundingClientRect();
      if (event.button !== 0 || event.clientX < box.left || event.target.closest("a, .lanes-head")) return;
      start = share(event);
    });
    window.addEventListener("pointermove", (event) => {
      if (start === null) return;
      if (band === null && Math.abs(share(event) - start) > 0.004) {
        band = document.createElement("div");
        band.className = "brush";
        figure.append(band);
        figure.classList.add("brushing");
      }
      if (band !== null) draw(start, share(event));
    });
    window.addEventListener("pointerup", (event) => {
      if (band !== null) go(start, share(event));
      start = null;
    });
  };

  const all = () => document.querySelectorAll(".lanes:not([data-ready])").forEach((figure) => {
    figure.dataset.ready = "1";
    brushes(figure);
  });
  all();
  document.addEventListener("htmx:afterSettle", all);

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    const link = document.querySelector(`a[data-zoom="${CSS.escape(event.key)}"]`);
    if (link) link.click();
  });
})();
