// Shows what others change, as it happens: one stream of events a tab, closed while the tab is hidden. What changed is
// asked for again and put in its place, but never where someone types, selects or has the keyboard.
"use strict";
{
  /** @typedef {{ kind: string, id: string, version: number, customer: string | null }} Change */

  const TAB = "crm-tab";
  const FIRST_DELAY = 2_000;
  const LONGEST_DELAY = 60_000;
  /** How long changes are collected, so that a burst of them is one request. */
  const COLLECTED_FOR = 400;
  const DASHBOARD_COLLECTED_FOR = 4_000;
  /** What forms and announcements add to an address. */
  const NOT_SHOWN_AGAIN = ["edit", "compose", "done"];
  /** The parts of a customer's page that are replaced one by one. */
  const CUSTOMER_PARTS = [".customer-head", ".field[id]", ".tags-edit", "#tasks", "#deals", "#pinned", "#days"];
  /** And those of a deal's page. */
  const DEAL_PARTS = [".deal-head", ".stage-path", ".field[id]", "#items", "#contacts", "#stages"];
  /** And those of a lead's page. */
  const LEAD_PARTS = [".lead-head", "#conversion", ".stage-path", "#facts", "#tasks", "#pinned", "#days"];

  const url = /** @type {HTMLElement | null} */ (document.querySelector("[data-events]"))?.dataset.events ?? "";
  /** @type {EventSource | null} */
  let source = null;
  let lastId = "";
  let delay = FIRST_DELAY;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let reopening;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let collecting;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let ringing;
  /** Whether events may have been missed, so that everything is asked for again. */
  let hasMissed = false;
  /** @type {Map<string, Change>} */
  const changes = new Map();
  /** The customers of a list that have changed out of view. @type {Set<string>} */
  const unseen = new Set();

  const page = () => /** @type {HTMLElement | null} */ (document.querySelector("main [data-live]"));
  const kindOf = (/** @type {HTMLElement | null} */ shown) => shown?.dataset.live ?? "";

  /** True where a replacement would disturb. @param {Element} part */
  const isBusy = (part) => {
    const selection = getSelection();
    return (
      part.contains(document.activeElement) ||
      part.matches(".field-editing") ||
      part.querySelector("details[open][data-menu]") !== null ||
      (selection?.type === "Range" && selection.containsNode(part, true))
    );
  };

  /** @param {Element} current @param {Element | null} fresh */
  const put = (current, fresh) => {
    if (!fresh || isBusy(current)) return;
    const node = document.importNode(fresh, true);
    current.replaceWith(node);
    /** @type {any} */ (window).htmx?.process(node);
  };

  /** The page as it is now, without what forms have opened. @param {string} url @param {HeadersInit} headers */
  const ask = async (url = location.href, headers = {}) => {
    const address = new URL(url, location.href);
    NOT_SHOWN_AGAIN.forEach((name) => address.searchParams.delete(name));
    const answer = await fetch(address, { headers });
    if (!answer.ok || answer.redirected) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };

  /** Says that there is more to see, without moving what is being read. @param {number} count */
  const notify = (count) => {
    const notice = /** @type {HTMLElement | null} */ (document.querySelector("[data-live-notice]"));
    const link = notice?.querySelector("a");
    if (!notice || !link) return;
    link.href = location.href;
    const number = notice.querySelector("strong");
    if (number) number.textContent = String(count);
    notice.hidden = false;
  };

  /** Tells in an open form what the field is now. @param {Document} fresh */
  const warn = (fresh) => {
    const form = document.querySelector("form.field-editing");
    const version = /** @type {HTMLInputElement | null} */ (form?.querySelector("input[name=version]"))?.value;
    const head = /** @type {HTMLElement | null} */ (fresh.querySelector(".customer-head"));
    const template = /** @type {HTMLTemplateElement | null} */ (document.getElementById("live-stale"));
    if (!form || !template || Number(head?.dataset.version) <= Number(version)) return;
    const value = fresh.querySelector(`#${CSS.escape(form.id)} .field-value`)?.textContent?.trim() ?? "";
    let told = form.querySelector("[data-live-stale]");
    if (!told) {
      form.querySelector(".field-actions")?.before(template.content.cloneNode(true));
      told = form.querySelector("[data-live-stale]");
    }
    const strong = told?.querySelector("strong");
    if (strong && strong.textContent !== value) strong.textContent = value;
  };

  /** Further pages of the timeline that are open would be lost. @param {Element} current @param {Element | null} fresh */
  const isLonger = (current, fresh) =>
    fresh?.querySelector(".more") != null &&
    current.querySelectorAll(".entry").length > fresh.querySelectorAll(".entry").length;

  /** What a language model has made of interactions, each part by itself. @param {ParentNode} shown @param {ParentNode} fresh */
  const showGenerated = (shown, fresh) => {
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (shown.querySelectorAll("[data-ai]"))) {
      put(part, fresh.querySelector(`[data-ai="${part.dataset.ai}"]`));
    }
  };

  /** An interaction in the dialogue. */
  const dialogue = () => /** @type {HTMLElement | null} */ (document.querySelector("#dialog[open] [data-live=interaction]"));

  /** @param {(id: string | undefined) => boolean} hasChanged */
  const showDialogue = async (hasChanged) => {
    const shown = dialogue();
    if (!shown || !hasChanged(shown.dataset.record)) return;
    const fresh = await ask(shown.dataset.page, { "HX-Request": "true" }).catch(() => null);
    if (fresh) showGenerated(shown, fresh);
  };

  /** @param {Document} fresh */
  const showCustomer = (fresh) => {
    warn(fresh);
    for (const part of document.querySelectorAll(CUSTOMER_PARTS.join())) {
      const selector = part.id ? `#${CSS.escape(part.id)}` : `.${part.classList[0]}`;
      const next = fresh.querySelector(selector);
      if (part.id === "days" && next && (isLonger(part, next) || isBusy(part))) {
        showGenerated(part, next);
        if (isLonger(part, next)) notify(1);
      } else put(part, next);
    }
  };

  /** The row of a record. @param {ParentNode} within @param {string} id */
  const rowOf = (within, id) => within.querySelector(`a.row-link[href$="/${CSS.escape(id)}"]`)?.closest("tr") ?? null;

  /** @param {Element} row @param {Element} fresh */
  const showRow = (row, fresh) => {
    [...row.children].forEach((cell, index) => {
      const next = fresh.children[index];
      if (!next || isBusy(cell) || cell.querySelector("input, select, button")) return;
      cell.replaceChildren(...document.importNode(next, true).childNodes);
      /** @type {any} */ (window).htmx?.process(cell);
    });
  };

  /** @param {Document} fresh @param {Set<string>} customers */
  const showList = (fresh, customers) => {
    for (const id of customers) {
      const row = rowOf(document, id);
      const next = rowOf(fresh, id);
      if (row && next) showRow(row, next);
      else unseen.add(id);
    }
    if (unseen.size > 0) notify(unseen.size);
  };

  /** @param {Document} fresh @param {string[]} parts */
  const showParts = (fresh, parts) => {
    for (const part of document.querySelectorAll(parts.join())) {
      const next = fresh.querySelector(part.id ? `#${CSS.escape(part.id)}` : `.${[...part.classList].pop()}`);
      if (part.id === "days" && isLonger(part, next)) notify(1);
      else put(part, next);
    }
  };

  /** What a column of a board shows: a change has another version. @param {Element} column */
  const shownIn = (column) => {
    const cards = /** @type {NodeListOf<HTMLElement>} */ (column.querySelectorAll("[data-version]"));
    return column.textContent + [...cards].map((card) => `${card.dataset.card} ${card.dataset.version}`).join();
  };

  /** @param {Document} fresh */
  const showBoard = (fresh) => {
    const columns = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#board [data-column]"));
    for (const column of columns) {
      const next = fresh.querySelector(`[data-column="${CSS.escape(column.dataset.column ?? "")}"]`);
      if (!next || shownIn(next) === shownIn(column)) continue;
      // A card that is on its way is not put elsewhere.
      if (isBusy(column) || document.querySelector(".is-lifted")) notify(1);
      else put(column, next);
    }
  };

  /** @param {Document} fresh */
  const showDashboard = (fresh) => {
    const panels = fresh.querySelectorAll(".tiles, .board > .panel");
    [...document.querySelectorAll(".tiles, .board > .panel")].forEach((panel, index) => put(panel, panels[index] ?? null));
  };

  /** Tasks as a list, by day or as a calendar. @param {Element} current @param {Element | null} fresh */
  const showTasks = (current, fresh) => {
    if (!fresh || current.textContent === fresh.textContent) return;
    const rows = (/** @type {Element} */ part) => part.querySelectorAll(".row, .notification").length;
    // Rows that came by scrolling would be lost.
    const isCut = fresh.querySelector(".more") !== null && rows(current) > rows(fresh);
    if (isCut || isBusy(current)) notify(1);
    else put(current, fresh);
  };

  /** The number at the bell, and the list of what it counts. The bell itself may have the keyboard, and stays. */
  const showBell = async () => {
    ringing = undefined;
    const bell = document.getElementById("bell");
    if (!bell || document.hidden) return;
    const shown = page();
    const isList = kindOf(shown) === "notifications";
    const fresh = await ask(isList ? location.href : bell.dataset.bell).catch(() => null);
    const next = fresh?.getElementById("bell");
    if (!next) return;
    bell.replaceChildren(...document.importNode(next, true).childNodes);
    if (shown && isList) showTasks(shown, fresh?.querySelector("main [data-live=notifications]") ?? null);
  };

  const ring = () => {
    ringing ??= setTimeout(showBell, COLLECTED_FOR);
  };

  const show = async () => {
    collecting = undefined;
    const shown = page();
    const told = [...changes.values()];
    changes.clear();
    const missed = hasMissed;
    hasMissed = false;
    if (missed) ring();
    const customers = new Set(told.flatMap((change) => change.customer ?? []));
    const ofKind = (/** @type {string} */ kind) =>
      new Set(told.filter((change) => change.kind === kind).map((change) => change.id));
    const leads = ofKind("lead");
    const isOther = (/** @type {string | undefined} */ id) => !missed && (!id || !customers.has(id));
    const hasChanged = (/** @type {string | undefined} */ id) => missed || told.some((change) => change.id === id);
    if (document.hidden) return;
    void showDialogue(hasChanged);
    if (!shown) return;
    if (["interaction", "deal"].includes(kindOf(shown)) && !hasChanged(shown.dataset.record)) return;
    const isOfLeads = ["lead", "leads"].includes(kindOf(shown)) || shown.dataset.of === "lead";
    const records = isOfLeads ? leads : ofKind("deal");
    if (["board", "deals", "leads"].includes(kindOf(shown)) && records.size === 0 && !missed) return;
    if (kindOf(shown) === "customer" && isOther(shown.dataset.record)) return;
    // A note on a lead names it like a customer.
    if (kindOf(shown) === "lead" && isOther(shown.dataset.record) && !hasChanged(shown.dataset.record)) return;
    const hasTask = missed || told.some((change) => change.kind === "task");
    if (kindOf(shown) === "tasks" && !hasTask) return;
    if (kindOf(shown) === "notifications") return;
    const showsTasks = ["tasks", "dashboard"].includes(kindOf(shown)) && hasTask;
    const showsLeads = isOfLeads || (kindOf(shown) === "dashboard" && leads.size > 0);
    if (kindOf(shown) !== "customer" && !showsLeads && customers.size === 0 && !missed && !showsTasks) return;
    const fresh = await ask().catch(() => null);
    if (!fresh) return;
    if (kindOf(shown) === "customer") showCustomer(fresh);
    else if (kindOf(shown) === "interaction") showGenerated(shown, fresh);
    else if (kindOf(shown) === "deal") showParts(fresh, DEAL_PARTS);
    else if (kindOf(shown) === "lead") showParts(fresh, LEAD_PARTS);
    else if (kindOf(shown) === "board") showBoard(fresh);
    else if (["deals", "leads"].includes(kindOf(shown))) showRecords(fresh, missed ? rowsIn(fresh) : records);
    else if (kindOf(shown) === "dashboard") showDashboard(fresh);
    else if (kindOf(shown) === "tasks") showTasks(shown, fresh.querySelector("main [data-live=tasks]"));
    else showList(fresh, missed ? rowsIn(fresh) : customers);
  };

  /** The rows of a list of deals or leads, and what stands above them. @param {Document} fresh @param {Set<string>} records */
  const showRecords = (fresh, records) => {
    const totals = document.getElementById("totals");
    if (totals) put(totals, fresh.getElementById("totals"));
    showList(fresh, records);
  };

  /** All records of a list. @param {Document} fresh */
  const rowsIn = (fresh) => {
    const links = /** @type {NodeListOf<HTMLAnchorElement>} */ (fresh.querySelectorAll("a.row-link"));
    return new Set([...links].map((link) => link.getAttribute("href")?.split("/").pop() ?? ""));
  };

  const collect = () => {
    const wait = kindOf(page()) === "dashboard" ? DASHBOARD_COLLECTED_FOR : COLLECTED_FOR;
    collecting ??= setTimeout(show, wait);
  };

  /** The name of this tab, by which the server ends the stream of the page before. */
  const tab = () => {
    const name = sessionStorage.getItem(TAB) ?? crypto.getRandomValues(new Uint32Array(4)).join("");
    sessionStorage.setItem(TAB, name);
    return name;
  };

  const close = () => {
    clearTimeout(reopening);
    source?.close();
    source = null;
  };

  const open = () => {
    if (!url || source || document.hidden) return;
    const query = new URLSearchParams({ tab: tab() });
    if (lastId) query.set("after", lastId);
    const stream = new EventSource(`${url}?${query}`);
    source = stream;
    // A duplicated tab begins with the name of the other.
    stream.addEventListener("replaced", () => {
      close();
      sessionStorage.removeItem(TAB);
      open();
    });
    stream.addEventListener("open", () => {
      delay = FIRST_DELAY;
      // What a page awaits may have come before its stream was open.
      hasMissed ||= document.querySelector("[data-ai].is-pending") !== null;
      if (hasMissed) collect();
    });
    stream.addEventListener("message", (event) => {
      lastId = event.lastEventId;
      /** @type {Change} */
      const change = JSON.parse(event.data);
      // It names the record that it is about, which may have changed as well.
      if (change.kind === "notification") return ring();
      changes.set(change.id, change);
      collect();
    });
    stream.addEventListener("error", () => {
      // While it is connecting, the browser tries again itself. It gives up when the stream is refused.
      if (stream.readyState !== EventSource.CLOSED || source !== stream) return;
      close();
      lastId = "";
      hasMissed = true;
      reopening = setTimeout(open, delay * (0.5 + Math.random() / 2));
      delay = Math.min(delay * 2, LONGEST_DELAY);
    });
  };

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) return open();
    close();
    hasMissed ||= lastId === "";
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
}
