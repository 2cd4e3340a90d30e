// Sealed content leaves the page in time; letters are fingerprinted here and not sent.
"use strict";
// What is sealed leaves the page when the page is left, and after ten minutes without a touch or a key.
const sealed = document.querySelector("[data-sealed]");
if (sealed) {
  const leaveTo = sealed.dataset.leaveTo;
  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => location.replace(leaveTo), 10 * 60 * 1000);
  };
  for (const event of ["keydown", "pointerdown", "scroll"]) addEventListener(event, wait, { passive: true });
  // A page that a browser keeps for going back comes without them.
  addEventListener("pagehide", () => sealed.remove());
  addEventListener("pageshow", event => { if (event.persisted) location.replace(leaveTo); });
  wait();
}

// A letter stays on the member's computer: its SHA-256 goes into the form, and the file has no name to be sent under.
const letters = document.querySelector("form[data-letter]");
if (letters && globalThis.crypto?.subtle) {
  letters.hidden = false;
  letters.addEventListener("submit", async event => {
    event.preventDefault();
    const file = letters.querySelector("input[type=file]").files[0];
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    const digits = Array.from(new Uint8Array(digest), byte => byte.toString(16).padStart(2, "0"));
    letters.elements.letter.value = digits.join("");
    letters.submit();
  });
}
