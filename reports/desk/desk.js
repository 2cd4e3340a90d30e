// What is sealed leaves the page when the page is left, and after ten minutes without a touch or a key.
"use strict";
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
