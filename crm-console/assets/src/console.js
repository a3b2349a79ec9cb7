// What HTML does not do by itself: keys, menus that close, and where the keyboard goes on.
"use strict";

const isTyping = (/** @type {EventTarget | null} */ target) =>
  target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");

const openMenus = () => /** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll("details[data-menu][open]"));

const click = (/** @type {string} */ selector, /** @type {ParentNode} */ within = document) => {
  const found = within.querySelector(selector);
  if (found instanceof HTMLElement) found.click();
  return found !== null;
};

const leave = (/** @type {KeyboardEvent} */ event) => {
  const menus = openMenus();
  if (menus.length > 0) {
    menus.forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    });
    return;
  }
  const form = event.target instanceof Element ? event.target.closest("form") : null;
  if (form && click("[data-cancel]", form)) event.preventDefault();
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") return leave(event);
  const target = event.target;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    if (target instanceof HTMLTextAreaElement && target.dataset.submit !== undefined) {
      const buttons = target.form?.querySelectorAll("button:not([name])");
      target.form?.requestSubmit(/** @type {HTMLElement} */ (buttons?.[buttons.length - 1]));
    }
    return;
  }
  if (isTyping(target) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    const search = document.getElementById("search");
    if (search instanceof HTMLInputElement) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  } else if (event.key === "c" && click("[data-add]")) {
    event.preventDefault();
  }
});

document.addEventListener("click", (event) => {
  openMenus().forEach((menu) => {
    if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  });
});

document.addEventListener("change", (event) => {
  const all = event.target;
  if (!(all instanceof HTMLInputElement) || all.dataset.checkAll === undefined) return;
  document.querySelectorAll(`input[name="${all.dataset.checkAll}"]`).forEach((one) => {
    if (one instanceof HTMLInputElement) one.checked = all.checked;
  });
});

const goOn = () => {
  const next = (document.querySelector("dialog[open]") ?? document).querySelector("[data-focus]");
  if (!(next instanceof HTMLElement) || next === document.activeElement) return;
  next.focus();
  if (next instanceof HTMLInputElement && next.type !== "datetime-local") next.select();
};

const dialogue = () => {
  const dialog = document.getElementById("dialog");
  return dialog instanceof HTMLDialogElement ? dialog : null;
};

// A form that came into the dialogue opens it; a page that came after the form was sent closes it.
const showOrClose = (/** @type {any} */ context) => {
  const dialog = dialogue();
  if (dialog === null) return;
  const target = typeof context?.target === "string" ? document.querySelector(context.target) : context?.target;
  if (target instanceof Node && dialog.contains(target)) {
    if (!dialog.open && dialog.firstElementChild !== null) dialog.showModal();
  } else if (dialog.open && target?.id === "main") {
    dialog.close();
  }
};

document.addEventListener("click", (event) => {
  const dialog = dialogue();
  if (dialog === null || !dialog.open || !(event.target instanceof Element)) return;
  // A click beside the dialogue hits the dialogue itself, which is filled by its form.
  if (event.target === dialog || event.target.closest("#dialog [data-cancel]") !== null) {
    event.preventDefault();
    dialog.close();
  }
});

document.addEventListener("close", (event) => {
  if (event.target === dialogue()) dialogue()?.replaceChildren();
}, true);

document.addEventListener("htmx:after:swap", (event) => {
  const context = /** @type {CustomEvent} */ (event).detail?.ctx;
  showOrClose(context);
  // Morphing keeps what was typed; after a redirect it has been saved.
  if (context?.response?.raw?.redirected && context.sourceElement instanceof HTMLFormElement) context.sourceElement.reset();
  goOn();
});
document.addEventListener("DOMContentLoaded", goOn);

// A suggested reply is copied; where the browser refuses, it is selected.
document.addEventListener("click", async (event) => {
  const button = event.target instanceof Element ? event.target.closest("button[data-copy]") : null;
  const text = button?.closest("details")?.querySelector("[data-copied]");
  if (!(button instanceof HTMLButtonElement) || !text) return;
  try {
    await navigator.clipboard.writeText(text.textContent ?? "");
  } catch {
    getSelection()?.selectAllChildren(text);
    return;
  }
  const words = button.dataset.done ?? "";
  for (const place of [button.querySelector("span"), button.nextElementSibling]) {
    if (place) place.textContent = words;
  }
});

// A list that has grown while one scrolled grows again when one comes back, and shows the same part.
const rows = () => document.getElementById("rows")?.children.length ?? 0;
const place = () => `place:${location.href}`;
addEventListener("pagehide", () => {
  if (rows() > 0) sessionStorage.setItem(place(), JSON.stringify({ count: rows(), top: scrollY }));
});

const goBack = () => {
  const [visit] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  const { count, top } = JSON.parse(sessionStorage.getItem(place()) ?? "{}");
  if (visit?.type !== "back_forward" || !count) return;
  history.scrollRestoration = "manual";
  const grow = () => {
    const more = document.querySelector("#rows > .more");
    if (more && rows() < count) return more.scrollIntoView();
    document.removeEventListener("htmx:after:swap", grow);
    scrollTo(0, top);
  };
  document.addEventListener("htmx:after:swap", grow);
  grow();
};
document.addEventListener("DOMContentLoaded", goBack);

// A request that fails leaves the page and what was typed as they are, and says so beside the button.
const tell = (/** @type {any} */ context) => {
  const source = /** @type {Element | undefined} */ (context?.sourceElement);
  const template = document.getElementById("request-failed");
  if (!(template instanceof HTMLTemplateElement)) return;
  forget();
  const told = document.importNode(template.content, true);
  const actions = source?.closest("form")?.querySelector(".field-actions, .actions, .compose-bar, .view-actions");
  if (actions) actions.before(told);
  else (document.querySelector("dialog[open] .form-page") ?? document.querySelector(".notice-place"))?.prepend(told);
};
const forget = () => document.querySelectorAll("[data-failed]").forEach((told) => told.remove());

document.addEventListener("htmx:before:response", (event) => {
  const context = /** @type {CustomEvent} */ (event).detail?.ctx;
  if (!context || context.response?.status < 500) return forget();
  event.preventDefault();
  tell(context);
});
document.addEventListener("htmx:error", (event) => {
  const { ctx, error } = /** @type {CustomEvent} */ (event).detail ?? {};
  console.warn("the request failed", error?.name);
  if (error?.name !== "AbortError") tell(ctx);
});
