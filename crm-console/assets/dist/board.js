// Cards are moved on the boards of deals and of leads, by mouse and by keyboard, and rows of a form are put into order by mouse.
"use strict";
{
  /** How far the mouse moves before it drags. */
  const FAR = 6;
  /** How near to its sides a board scrolls, and by how much. */
  const EDGE = 40;
  const SCROLLED = 14;
  /** @type {Record<string, readonly [number, number]>} */
  const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

  /** What is on its way, and where it came from. @typedef {{ item: HTMLElement, list: HTMLElement, next: Element | null }} Lifted */
  /** By the keyboard. @type {Lifted | null} */
  let lifted = null;
  /** True while the keyboard's card changes its place, which takes the focus from it for a moment. */
  let isShifting = false;
  /** Where the mouse was pressed. @type {{ item: HTMLElement, x: number, y: number } | null} */
  let pressed = null;
  /** By the mouse. @type {(Lifted & { x: number, y: number, hole: HTMLElement }) | null} */
  let dragged = null;

  const found = (/** @type {EventTarget | null} */ target, /** @type {string} */ selector) =>
    target instanceof Element ? /** @type {HTMLElement | null} */ (target.closest(selector)) : null;
  const within = (/** @type {ParentNode} */ root, /** @type {string} */ selector) =>
    /** @type {HTMLElement | null} */ (root.querySelector(selector));

  const board = () => document.getElementById("board");
  /** False where the cards of a column have an order of their own, which a move does not change. */
  const isOrdered = () => board()?.dataset.unordered === undefined;
  const handleOf = (/** @type {HTMLElement} */ card) => within(card, "[data-handle]");
  const columnOf = (/** @type {Element} */ item) => found(item, "[data-column]");
  /** The cards of a list, without the hole that the mouse makes. */
  const itemsOf = (/** @type {HTMLElement} */ list) =>
    /** @type {HTMLElement[]} */ ([...list.querySelectorAll(":scope > [data-drag-item]")]);

  /** Tells those who do not see it. @param {string} name @param {HTMLElement} card @param {HTMLElement | null} list */
  const say = (name, card, list = card.parentElement) => {
    const place = within(document, "[data-board-said]");
    if (place && list) place.textContent = words(name, card, list);
  };

  /** @param {string} name @param {HTMLElement} card @param {HTMLElement} list */
  const words = (name, card, list) => {
    const items = itemsOf(list);
    /** @type {Record<string, string>} */
    const values = {
      card: handleOf(card)?.textContent ?? "",
      stage: columnOf(list)?.dataset.name ?? "",
      place: String(items.indexOf(card) + 1),
      count: String(items.length),
    };
    return (board()?.dataset[name] ?? "").replace(/%(\w+)%/g, (mark, value) => values[value] ?? mark);
  };

  /** Says what went wrong, to everybody. @param {string} text */
  const alertOf = (text) => {
    const place = within(document, "[data-board-alert]");
    if (!place) return;
    place.textContent = text;
    place.hidden = text === "";
  };

  const parsed = (/** @type {string} */ text) => new DOMParser().parseFromString(text, "text/html");

  /** Shows the board as the server has it. The keyboard stays with its card. @param {Document} fresh */
  const show = (fresh) => {
    const shown = board();
    const next = fresh.getElementById("board");
    if (!shown || !next) return false;
    const focused = shown.contains(document.activeElement) ? document.activeElement : null;
    const held = found(focused, "[data-card]")?.dataset.card;
    const part = focused?.matches("[data-move]") ? "[data-move]" : "[data-handle]";
    const left = shown.scrollLeft;
    const node = document.importNode(next, true);
    shown.replaceWith(node);
    node.scrollLeft = left;
    /** @type {any} */ (window).htmx?.process(node);
    if (held) (within(node, `[data-card="${CSS.escape(held)}"] ${part}`) ?? node).focus();
    return true;
  };

  /** What a move tells the server. @param {Lifted} from */
  const bodyOf = ({ item, list }) => {
    const body = new URLSearchParams({ version: item.dataset.version ?? "", back: location.pathname + location.search });
    const stage = columnOf(item)?.dataset.column ?? "";
    if (item.parentElement !== list) body.set("stage", stage);
    const items = itemsOf(item.parentElement ?? list);
    const at = items.indexOf(item);
    if (at > 0) body.set("afterId", items[at - 1].dataset.card ?? "");
    else if (items.length > 1) body.set("beforeId", items[1].dataset.card ?? "");
    return body;
  };

  const putBack = (/** @type {Lifted} */ { item, list, next }) => {
    if (list.isConnected) list.insertBefore(item, next?.parentElement === list ? next : null);
  };

  /** The form of a card's move. @param {HTMLElement} card */
  const formOf = (card) => new URL(/** @type {HTMLAnchorElement} */ (within(card, "[data-move]")).href);

  /** Where a card was put down. @param {Lifted} from */
  const drop = async (from) => {
    const { item, list, next } = from;
    item.classList.remove("is-lifted");
    if (item.parentElement === list && (item.nextElementSibling === next || !isOrdered())) {
      const hadFocus = item.contains(document.activeElement);
      if (item.nextElementSibling !== next) putBack(from);
      if (hadFocus) handleOf(item)?.focus();
      return say("back", item);
    }
    alertOf("");
    const body = bodyOf(from);
    const [before, after] = [columnOf(list)?.dataset.kind, columnOf(item)?.dataset.kind];
    if (after === "lost" && before !== "lost") {
      putBack(from);
      handleOf(item)?.focus();
      return ask(item, body);
    }
    await send(from, body);
  };

  /** @param {Lifted} from @param {URLSearchParams} body */
  const send = async (from, body) => {
    const { item } = from;
    const told = words("moved", item, item.parentElement ?? from.list);
    item.classList.add("is-busy");
    try {
      const answer = await fetch(formOf(item).pathname, { method: "POST", body });
      const page = parsed(await answer.text());
      if (answer.ok && show(page)) {
        const place = within(document, "[data-board-said]");
        if (place) place.textContent = told;
        return;
      }
      // The session has ended: this is the page that logs the user in.
      if (answer.ok) return location.assign(answer.url);
      const reason = within(page, "#form-page [role=alert], #form-page .fault") ?? within(page, "main h1");
      refuse(from, reason?.textContent?.trim() ?? "");
      const now = await fetch(location.href);
      if (now.ok) show(parsed(await now.text()));
    } catch (error) {
      console.warn("the request failed", error instanceof Error ? error.name : "");
      refuse(from, board()?.dataset.failed ?? "");
    }
  };

  /** @param {Lifted} from @param {string} reason */
  const refuse = (from, reason) => {
    const hadFocus = from.item.contains(document.activeElement);
    putBack(from);
    from.item.classList.remove("is-busy");
    if (hadFocus) handleOf(from.item)?.focus();
    alertOf(`${words("refused", from.item, from.list)} ${reason}`);
  };

  /** Asks in a dialogue why a deal or a lead was lost; its form moves it. @param {HTMLElement} card @param {URLSearchParams} body */
  const ask = async (card, body) => {
    const address = formOf(card);
    body.forEach((value, name) => address.searchParams.set(name, value));
    const answer = await fetch(address, { headers: { "HX-Request": "true" } }).catch(() => null);
    const form = answer?.ok ? parsed(await answer.text()).getElementById("form-page") : null;
    const dialog = dialogue();
    if (!form || !dialog) return alertOf(board()?.dataset.failed ?? "");
    dialog.replaceChildren(document.importNode(form, true));
    /** @type {any} */ (window).htmx?.process(dialog);
    dialog.showModal();
    goOn();
    say("asked", card);
  };

  // By keyboard.

  /** The list beside that of a card, which takes it. @param {HTMLElement} card @param {number} by @param {boolean} isFilled */
  const beside = (card, by, isFilled) => {
    const columns = /** @type {HTMLElement[]} */ ([...(board()?.querySelectorAll("[data-column]") ?? [])]);
    const own = columnOf(card);
    for (let at = columns.findIndex((column) => column === own) + by; at >= 0 && at < columns.length; at += by) {
      const list = within(columns[at], "[data-drag-list]");
      const fits = isFilled ? list?.childElementCount !== 0 : columns[at].dataset.closed === undefined;
      if (list && fits) return list;
    }
    return null;
  };

  /** @param {HTMLElement} card @param {readonly [number, number]} step */
  const shift = (card, [across, down]) => {
    const list = across === 0 ? card.parentElement : beside(card, across, false);
    if (!list || !card.parentElement || (across === 0 && !isOrdered())) return;
    const items = itemsOf(card.parentElement);
    const at = items.indexOf(card) + down;
    if (across === 0 && (at < 0 || at >= items.length)) return;
    isShifting = true;
    if (across !== 0) list.insertBefore(card, itemsOf(list)[at] ?? null);
    else if (down < 0) items[at].before(card);
    else items[at].after(card);
    handleOf(card)?.focus();
    isShifting = false;
    card.scrollIntoView({ block: "nearest", inline: "nearest" });
    say("shifted", card);
  };

  /** Leads from card to card. @param {HTMLElement} card @param {readonly [number, number]} step */
  const lead = (card, [across, down]) => {
    const list = across === 0 ? card.parentElement : beside(card, across, true);
    if (!list || !card.parentElement) return;
    const items = itemsOf(list);
    const at = itemsOf(card.parentElement).indexOf(card) + down;
    const next = items[across === 0 ? at : Math.min(at, items.length - 1)];
    if (next) handleOf(next)?.focus();
  };

  const cancel = () => {
    if (!lifted) return;
    const { item } = lifted;
    isShifting = true;
    putBack(lifted);
    isShifting = false;
    item.classList.remove("is-lifted");
    lifted = null;
    say("back", item);
  };

  document.addEventListener("keydown", (event) => {
    if (dragged && event.key === "Escape") return end(false);
    const card = found(found(event.target, "[data-handle]"), "[data-card]");
    if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = ARROWS[event.key];
    if (lifted?.item === card) {
      if (event.key === " " || event.key === "Enter") {
        const from = lifted;
        lifted = null;
        void drop(from);
      } else if (event.key === "Escape") {
        cancel();
        handleOf(card)?.focus();
      } else if (step) shift(card, step);
      else return;
    } else if (event.key === " " && card.dataset.grip !== undefined && card.parentElement) {
      lifted = { item: card, list: card.parentElement, next: card.nextElementSibling };
      card.classList.add("is-lifted");
      say("lifted", card);
    } else if (step) lead(card, step);
    else return;
    event.preventDefault();
  });

  document.addEventListener("focusout", (event) => {
    if (!isShifting && lifted && event.relatedTarget !== handleOf(lifted.item)) cancel();
  });

  // By mouse. On a touch screen one scrolls, and moves by the buttons.

  document.addEventListener("dragstart", (event) => {
    if (found(event.target, "[data-drag-item]")) event.preventDefault();
  });

  document.addEventListener("pointerdown", (event) => {
    const item = found(found(event.target, "[data-grip]"), "[data-drag-item]");
    if (!item || event.button !== 0 || event.pointerType === "touch" || found(event.target, "[data-move]")) return;
    pressed = { item, x: event.clientX, y: event.clientY };
  });

  const begin = (/** @type {PointerEvent} */ event) => {
    if (!pressed) return;
    const { item, x, y } = pressed;
    const list = item.parentElement;
    if (!list) return;
    cancel();
    const { width, height, left, top } = item.getBoundingClientRect();
    const hole = document.createElement("li");
    hole.className = "drag-hole";
    hole.style.height = `${height}px`;
    item.after(hole);
    dragged = { item, list, next: hole.nextElementSibling, x, y, hole };
    const place = { width: `${width}px`, height: `${height}px`, left: `${left}px`, top: `${top}px` };
    // What is under it has to be found.
    Object.assign(item.style, { ...place, position: "fixed", zIndex: "30", pointerEvents: "none" });
    item.classList.add("is-lifted");
    document.documentElement.classList.add("is-dragging");
    getSelection()?.removeAllRanges();
    item.setPointerCapture(event.pointerId);
  };

  document.addEventListener("pointermove", (event) => {
    if (!pressed) return;
    if (!dragged && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) < FAR) return;
    if (!dragged) begin(event);
    if (!dragged) return;
    const { item, hole, x, y } = dragged;
    item.style.translate = `${event.clientX - x}px ${event.clientY - y}px`;
    const area = found(item, "[data-drag-area]");
    scroll(area, event.clientX);
    const target = document.elementFromPoint(event.clientX, event.clientY);
    const column = found(target, "[data-column], [data-drag-list]");
    const list = column?.matches("[data-drag-list]") ? column : column && within(column, "[data-drag-list]");
    if (!list || found(list, "[data-drag-area]") !== area || columnOf(list)?.dataset.closed !== undefined) return;
    const below = itemsOf(list).find((other) => {
      const box = other.getBoundingClientRect();
      return other !== item && event.clientY < box.top + box.height / 2;
    });
    list.insertBefore(hole, below ?? null);
  });

  /** @param {HTMLElement | null} area @param {number} x */
  const scroll = (area, x) => {
    if (!area) return;
    const { left, right } = area.getBoundingClientRect();
    if (x > right - EDGE) area.scrollLeft += SCROLLED;
    else if (x < left + EDGE) area.scrollLeft -= SCROLLED;
  };

  const end = (/** @type {boolean} */ isDropped) => {
    pressed = null;
    if (!dragged) return;
    const from = dragged;
    const { item, hole } = from;
    dragged = null;
    if (isDropped) hole.replaceWith(item);
    else hole.remove();
    // Chromium leaves an empty attribute behind, which no policy lets pass again, unless it was read before.
    if (item.getAttribute("style") !== null) item.removeAttribute("style");
    item.classList.remove("is-lifted");
    document.documentElement.classList.remove("is-dragging");
    // The click that ends it opens no page.
    const stop = (/** @type {Event} */ event) => {
      event.preventDefault();
      event.stopPropagation();
    };
    document.addEventListener("click", stop, { capture: true, once: true });
    setTimeout(() => document.removeEventListener("click", stop, { capture: true }));
    if (isDropped && item.dataset.card !== undefined) void drop(from);
  };

  document.addEventListener("pointerup", () => end(true));
  document.addEventListener("pointercancel", () => end(false));
}
