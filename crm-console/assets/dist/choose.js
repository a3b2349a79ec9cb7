// A choice of several, such as users: a search and ticks in place of the list of the browser, which stays the field of
// the form.
"use strict";
{
  const fold = (/** @type {string} */ text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  /** @param {HTMLOptionElement} option */
  const tick = (option) => {
    const label = document.createElement("label");
    label.className = "member";
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = option.selected;
    box.addEventListener("change", () => {
      option.selected = box.checked;
    });
    const text = document.createElement("span");
    text.textContent = option.text;
    label.append(box, text);
    return label;
  };

  /** @param {HTMLSelectElement} select */
  const enhance = (select) => {
    // What is left of an earlier form of this page.
    const before = select.nextElementSibling;
    if (before?.matches(".choose")) {
      if (before.contains(document.activeElement)) return;
      before.remove();
    }
    const group = document.createElement("div");
    const label = select.labels?.[0];
    group.className = "choose";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", label?.textContent ?? "");
    const search = document.createElement("input");
    search.type = "search";
    search.className = "input";
    search.autocomplete = "off";
    search.dataset.narrow = "";
    search.placeholder = select.dataset.choose ?? "";
    search.setAttribute("aria-label", search.placeholder);
    const list = document.createElement("div");
    list.className = "choose-list";
    list.append(...[...select.options].map(tick));
    group.append(search, list);
    select.hidden = true;
    select.after(group);
  };

  const enhanceAll = () => {
    const all = /** @type {NodeListOf<HTMLSelectElement>} */ (document.querySelectorAll("select[multiple][data-choose]"));
    all.forEach(enhance);
  };

  const narrow = (/** @type {EventTarget | null} */ target) =>
    target instanceof HTMLInputElement && target.dataset.narrow !== undefined ? target : null;

  document.addEventListener("input", (event) => {
    const search = narrow(event.target);
    const wanted = fold(search?.value.trim() ?? "");
    const all = /** @type {NodeListOf<HTMLElement> | undefined} */ (search?.closest("fieldset, .choose, .narrowed")?.querySelectorAll(".member, .row"));
    all?.forEach((one) => {
      one.hidden = !fold(one.textContent ?? "").includes(wanted);
    });
  });

  // Enter looks no further, and sends no form.
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && narrow(event.target)) event.preventDefault();
  });

  document.addEventListener("DOMContentLoaded", enhanceAll);
  document.addEventListener("htmx:after:swap", enhanceAll);
}
