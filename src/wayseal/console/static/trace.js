// A file is read here and shown in the field, so that whoever sends it sees what is sent.
"use strict";

(() => {
  const MOST = 200000;
  document.querySelectorAll("[data-file]").forEach((place) => {
    const field = document.getElementById(place.dataset.file);
    const input = place.querySelector("input");
    const said = place.querySelector("[data-too-much]");
    place.hidden = false;
    input.addEventListener("change", () => {
      const file = input.files[0];
      if (!file) return;
      said.textContent = file.size > MOST ? said.dataset.tooMuch : "";
      if (file.size > MOST) return;
      file.text().then((text) => {
        field.value = text;
        field.focus();
      }, () => {});
    });
  });
})();
