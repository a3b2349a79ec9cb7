// The command palette, the list of shortcuts, and the way through a list by keyboard.
"use strict";

{
  const LIST = "crm-list";

  const dialog = (/** @type {string} */ id) => {
    const found = document.getElementById(id);
    return found instanceof HTMLDialogElement ? found : null;
  };

  const isBusy = (/** @type {KeyboardEvent} */ event) =>
    event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") !== null ||
    (event.target instanceof HTMLElement && event.target.matches("input, textarea, select, [contenteditable]"));

  // The palette: arrows move between the text and what was found, Enter opens the first.
  const inPalette = (/** @type {KeyboardEvent} */ event, /** @type {HTMLDialogElement} */ palette) => {
    const links = /** @type {HTMLElement[]} */ ([...palette.querySelectorAll("#palette-found a")]);
    const at = links.findIndex((link) => link === document.activeElement);
    if (event.key === "Enter" && at < 0 && links.length > 0) {
      event.preventDefault();
      links[0].click();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = event.key === "ArrowDown" ? Math.min(at + 1, links.length - 1) : at - 1;
      (next < 0 ? palette.querySelector("input") : links[next])?.focus();
    }
  };

  document.addEventListener("keydown", (event) => {
    const palette = dialog("palette");
    if (palette?.open) return inPalette(event, palette);
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && palette) {
      event.preventDefault();
      palette.showModal();
      palette.querySelector("input")?.select();
      return;
    }
    if (isBusy(event)) return;
    if (event.key === "?") {
      dialog("shortcuts")?.showModal();
    } else if (event.key === "j" || event.key === "k") {
      step(event.key === "j" ? 1 : -1);
    }
  });

  // The rows of a list; those of customers are remembered, for the way from one customer to the next.
  const rows = () => /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll("#rows .row-link, .slot-title a")]);
  const seen = () => {
    try {
      const list = JSON.parse(sessionStorage.getItem(LIST) ?? "[]");
      return Array.isArray(list) ? /** @type {string[]} */ (list) : [];
    } catch {
      return [];
    }
  };

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest(".customers .row-link") : null;
    if (link) sessionStorage.setItem(LIST, JSON.stringify(rows().map((row) => row.pathname)));
  });

  const step = (/** @type {number} */ by) => {
    const list = rows();
    if (list.length === 0) {
      const link = document.querySelector(by > 0 ? "[data-next]" : "[data-previous]");
      if (link instanceof HTMLAnchorElement && link.href) link.click();
      return;
    }
    const at = list.findIndex((row) => row === document.activeElement);
    list[Math.max(0, Math.min(at + by, list.length - 1))].focus();
  };

  const showNeighbours = () => {
    const neighbours = document.querySelector("[data-neighbours]");
    const list = seen();
    const at = list.indexOf(location.pathname);
    if (!(neighbours instanceof HTMLElement) || at < 0) return;
    for (const [name, path] of [["previous", list[at - 1]], ["next", list[at + 1]]]) {
      const link = neighbours.querySelector(`[data-${name}]`);
      if (path) link?.setAttribute("href", path);
    }
    const place = neighbours.querySelector("[data-place]");
    if (place) place.textContent = `${at + 1} / ${list.length}`;
    neighbours.hidden = false;
  };
  document.addEventListener("DOMContentLoaded", showNeighbours);
  document.addEventListener("htmx:after:swap", showNeighbours);
}
