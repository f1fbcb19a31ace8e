// Keys, copying, and what a page can't do by itself. Everything works without it but the keys.
"use strict";

(() => {
  const dialog = document.querySelector("dialog.keys");
  const typing = (place) =>
    place.closest("input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable]") !== null;
  const FOUND = ".find, #found";
  let after = false; // g was pressed, and a place follows

  // The rows that a search found, while one is in its box or among them; else those of the page.
  const rows = () => {
    const box = document.activeElement.closest(FOUND);
    const all = [...document.querySelectorAll("tr[data-row]")];
    return all.filter((row) => (box ? row.closest("#found") : !row.closest(".find")));
  };

  const mark = (row) => {
    rows().forEach((one) => one.classList.toggle("at", one === row));
    row.dispatchEvent(new CustomEvent("marked", { bubbles: true }));
  };

  const move = (step) => {
    const all = rows();
    if (all.length === 0) return;
    const here = all.findIndex((row) => row.classList.contains("at"));
    const next = Math.max(0, Math.min(all.length - 1, here < 0 ? 0 : here + step));
    mark(all[next]);
    const target = all[next].querySelector("[data-open]") || all[next].querySelector("a, button");
    if (target) target.focus({ preventScroll: true });
    all[next].scrollIntoView({ block: "nearest" });
  };

  // x picks the marked row.
  const pick = () => {
    const box = document.querySelector("tr[data-row].at [data-pick]");
    if (box) box.click();
    return box !== null;
  };

  // Enter opens the marked row, wherever nothing else has the focus; on its tick, too, which would send the form.
  const openMarked = (place) => {
    const free = place === document.body || place.matches("main");
    const row = place.matches("input[data-pick]") ? place.closest("tr[data-row]") : free && document.querySelector("tr.at");
    const link = row && (row.querySelector("[data-open]") || row.querySelector("a"));
    if (link) link.click();
    return Boolean(link);
  };

  // A page names its own keys: what has data-press is opened, gets the focus, or is pressed.
  const press = (key) => {
    const place = document.querySelector(`[data-press="${CSS.escape(key)}"]`);
    if (!place) return false;
    if (place.matches("summary")) {
      place.parentElement.open = true;
      const field = place.parentElement.querySelector("input:not([type=hidden]), select, textarea");
      (field || place).focus();
    } else if (place.matches("input, select, textarea")) {
      place.focus();
      if (place.type === "search") place.select();
      place.scrollIntoView({ block: "nearest" });
    } else {
      place.click();
    }
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const open = event.target.closest("details[open]");
      if (open) {
        open.open = false;
        open.querySelector("summary").focus();
      } else if (typing(event.target) || event.target.closest(".find")) {
        event.target.blur();
      }
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && typing(event.target) && event.target.form) {
      const form = event.target.form;
      event.preventDefault(); // a browser may send it by itself, by another button
      form.requestSubmit(form.querySelector("button.btn-main") || form.querySelector("button:not([type=button])"));
      return;
    }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && press("/")) event.preventDefault();
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && event.target.closest(FOUND)) {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (dialog && dialog.open) return;
    if (after) {
      after = false;
      const place = document.querySelector(`a[data-key="${CSS.escape(event.key)}"]`);
      if (place) {
        event.preventDefault();
        place.click();
      }
      return;
    }
    if (event.key === "Enter" && openMarked(event.target)) {
      event.preventDefault();
    } else if (event.key === "?" && dialog) {
      event.preventDefault();
      dialog.showModal();
    } else if (event.key === "g") {
      after = true;
    } else if (event.key === "j" || event.key === "k") {
      event.preventDefault();
      move(event.key === "j" ? 1 : -1);
    } else if (event.key === "x" ? pick() : event.key.length === 1 && press(event.key)) {
      event.preventDefault();
    }
  });

  // More than a page takes isn't sent: what was typed would be gone with the answer that says so.
  const tooMuch = (form, sender) => {
    const upload = ((sender && sender.formEnctype) || form.enctype) === "multipart/form-data";
    const texts = [...new FormData(form)]
      .filter(([, value]) => typeof value === "string")
      .map(([name, value]) => [name, value.replace(/\r?\n/g, "\r\n")]);
    const size = upload
      ? new Blob(texts.map(([, value]) => value)).size
      : new URLSearchParams(texts).toString().length;
    const most = Number(document.body.dataset.most);
    const longest = [...form.querySelectorAll("textarea")].sort((a, b) => b.value.length - a.value.length)[0];
    if (longest && size > most) return [longest, document.body.dataset.tooMuch];
    const files = upload ? form.querySelectorAll("input[type=file][data-most]") : [];
    const large = [...files].find((place) => sizeOf(place) > Number(place.dataset.most));
    return large ? [large, large.dataset.tooMuch] : null;
  };
  const sizeOf = (place) => [...place.files].reduce((sum, file) => sum + file.size, 0);
  const complain = ([place, words]) => {
    place.setCustomValidity(words);
    place.reportValidity();
    place.addEventListener("input", () => place.setCustomValidity(""), { once: true });
  };
  document.querySelectorAll("input[type=file][data-most]").forEach((place) => {
    place.addEventListener("change", () => {
      if (sizeOf(place) > Number(place.dataset.most)) complain([place, place.dataset.tooMuch]);
    });
  });

  // What is pressed twice in a row is sent once: a note written twice would stand there twice.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog") return;
    const excess = form.method === "post" ? tooMuch(form, event.submitter) : null;
    if (excess) {
      event.preventDefault();
      complain(excess);
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    window.setTimeout(() => delete form.dataset.sent, 3000);
  });

  // A page that nobody sees asks for nothing; what somebody opened, types into or stands on isn't taken from under
  // their hands, by an answer that is on its way either.
  ["htmx:beforeRequest", "htmx:beforeSwap"].forEach((name) => {
    document.addEventListener(name, (event) => {
      const place = event.target;
      const busy = document.hidden || place.querySelector("details[open], :focus") !== null;
      if (busy && ["live", "now"].includes(place.id)) event.preventDefault();
    });
  });

  document.querySelectorAll("[data-keys]").forEach((button) => {
    button.addEventListener("click", () => dialog && dialog.showModal());
  });

  // An address is whole only where the browser knows under which name it came here.
  document.querySelectorAll("[data-address]").forEach((field) => {
    field.value = new URL(field.value, window.location.href).href;
    field.select();
  });

  // Without script there is a text to mark by hand; without a clipboard (plain http) the page marks it.
  document.querySelectorAll("[data-copy]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const place = document.getElementById(button.dataset.copy);
      if (place.select) place.select();
      else window.getSelection().selectAllChildren(place);
      const text = place.value === undefined ? place.textContent : place.value;
      const done = navigator.clipboard
        ? await navigator.clipboard.writeText(text).then(() => true, () => false)
        : document.execCommand("copy");
      if (done) button.textContent = button.dataset.done;
    });
  });

  // Where the pane has no place beside the list, the decision stands beneath its row.
  const narrow = window.matchMedia("(max-width: 1000px)");
  const beside = () => {
    const pane = document.getElementById("pane");
    const row = document.querySelector(".desk tr[data-row].at");
    const old = document.querySelector("tr.of-pane");
    if (!pane || !row || (!narrow.matches && !old)) return;
    if (narrow.matches) {
      const place = document.createElement("tr");
      place.className = "of-pane";
      place.insertCell().colSpan = row.cells.length;
      place.cells[0].append(pane);
      row.after(place);
    } else {
      row.closest(".desk").append(pane);
    }
    if (old) old.remove();
  };
  narrow.addEventListener("change", beside);
  document.addEventListener("marked", beside);
  if (document.getElementById("pane")) {
    rows().forEach((row) => {
      row.addEventListener("click", (event) => {
        const link = event.target.closest("a, button, input, select, label");
        if (link && !link.matches("[data-decide]")) return;
        event.preventDefault();
        mark(row);
      });
    });
  }
  beside();
})();
