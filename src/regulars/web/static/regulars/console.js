// Keyboard search, suggestions, copy buttons, panels that close, forms that submit once.
(() => {
  "use strict";
  const search = () => document.getElementById("global-search");
  const suggestions = () => document.getElementById("suggestions");
  const isTyping = (node) => node.closest("input, textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    const box = search();
    if (!box) return;
    if ((event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !isTyping(event.target))) {
      event.preventDefault();
      box.focus();
      box.select();
    } else if (event.key === "Escape" && box.closest("form").contains(event.target)) {
      suggestions().replaceChildren();
      box.blur();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && box.closest("form").contains(event.target)) {
      const stops = [box, ...suggestions().querySelectorAll("a")];
      const next = stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
      stops[(next + stops.length) % stops.length].focus();
      event.preventDefault();
    }
  });

  document.addEventListener("click", (event) => {
    const box = search();
    if (box && !box.closest("form").contains(event.target)) suggestions().replaceChildren();
    for (const panel of document.querySelectorAll("details.list-filters[open]")) {
      if (!panel.contains(event.target)) panel.open = false;
    }
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
    if (event.target.closest("[data-print]")) window.print();
  });

  async function copy(button) {
    const field = document.querySelector(button.dataset.copy);
    field.select();
    try { await navigator.clipboard.writeText(field.value); } catch { document.execCommand("copy"); }
    const label = button.querySelector("span");
    const before = label.textContent;
    label.textContent = button.dataset.copied;
    setTimeout(() => { label.textContent = before; }, 2000);
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const question = form.dataset.confirm || event.submitter?.dataset.confirm;
    if (question && !window.confirm(question)) { event.preventDefault(); return; }
    // A form that writes goes out once; the button wakes again when the reader comes back to the page.
    if (form.method === "post" && !form.hasAttribute("data-again")) {
      setTimeout(() => form.querySelectorAll("button[type=submit]").forEach((b) => { b.disabled = true; }));
    }
  });
  window.addEventListener("pageshow", () => document.querySelectorAll("form button[type=submit]:disabled").forEach((b) => { b.disabled = false; }));

  // What is not filled in does not belong into the address.
  document.addEventListener("htmx:configRequest", (event) => {
    const sent = event.detail.formData;
    if (event.detail.verb === "get" && sent) [...sent.entries()].forEach(([name, value]) => { if (value === "") sent.delete(name); });
  });

  // An answer that is a whole page (signed out, refused, broken) replaces the page instead of a part of it.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const answer = event.detail.xhr;
    if (event.detail.elt === search() && answer.status >= 400) { event.preventDefault(); return; }
    if (answer.status >= 400 || /^\s*<!doctype html/i.test(answer.responseText)) {
      event.preventDefault();
      window.location.href = answer.status >= 400 ? event.detail.pathInfo.finalRequestPath : answer.responseURL;
    }
  });
  document.addEventListener("htmx:sendError", () => document.body.classList.add("offline"));
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) document.body.classList.remove("offline"); });
})();
