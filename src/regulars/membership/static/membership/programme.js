// Forms of a programme's parts: rows that come and go, and conditions as rows of field, operator and value.
// A condition is posted as JSON; what these rows cannot show (groups in groups, "not") stays in its text box.
(() => {
  "use strict";
  const words = document.getElementById("condition-words").dataset;
  const vocabularies = JSON.parse(document.getElementById("vocabularies").textContent);

  document.addEventListener("click", (event) => {
    const adder = event.target.closest("[data-add-row]");
    if (adder) addRow(adder);
    event.target.closest("[data-remove-row]")?.closest("[data-row]").remove();
  });

  function addRow(button) {
    const list = button.closest("[data-rows]");
    const next = Number(list.dataset.next);
    list.dataset.next = next + 1;
    const row = button.previousElementSibling.content.cloneNode(true);
    for (const node of row.querySelectorAll("[name], [id], [for]")) {
      for (const name of ["name", "id", "for"]) {
        if (node.hasAttribute(name)) node.setAttribute(name, node.getAttribute(name).replace("__n__", next));
      }
    }
    list.querySelector(":scope > .rows").append(row);
    const added = list.querySelector(":scope > .rows").lastElementChild;
    added.querySelectorAll("textarea[data-condition]").forEach(draw);
    added.querySelector("input:not([type=hidden]), select")?.focus();
  }

  const make = (tag, attributes = {}, text = "") => {
    const node = Object.assign(document.createElement(tag), attributes);
    if (text) node.textContent = text;
    return node;
  };

  function choose(options, value, label) {
    const select = make("select", { className: "form-select" });
    select.setAttribute("aria-label", label);
    for (const [key, text] of options) select.append(make("option", { value: key, selected: String(key) === String(value) }, text));
    return select;
  }

  // {join, tests} of a condition that rows can show; null of another.
  function flat(told, fields) {
    if (told === null) return { join: "all", tests: [] };
    const isTest = (one) => one && typeof one === "object" && fields.some((field) => field.name === one.field);
    if (isTest(told)) return { join: "all", tests: [told] };
    for (const join of ["all", "any"]) {
      if (Array.isArray(told?.[join]) && told[join].every(isTest)) return { join, tests: told[join] };
    }
    return null;
  }

  function draw(area) {
    const fields = vocabularies[area.dataset.condition];
    let told = null;
    try { told = area.value.trim() ? JSON.parse(area.value) : null; } catch { return; }
    const read = flat(told, fields);
    if (!read) return;
    area.hidden = true;
    const box = make("div");
    const join = choose([["all", words.all], ["any", words.any]], read.join, words.all);
    join.classList.add("condition-join", "mb-2");
    const rows = make("div", { className: "condition-rows" });
    const adder = make("button", { type: "button", className: "btn btn-outline btn-sm" }, words.add);
    const settle = () => {
      const tests = [...rows.children].map((row) => row.told());
      join.hidden = tests.length < 2;
      area.value = tests.length ? JSON.stringify(tests.length === 1 ? tests[0] : { [join.value]: tests }) : "";
    };
    const add = (test) => rows.append(drawTest(test, fields, settle));
    read.tests.forEach(add);
    join.addEventListener("change", settle);
    adder.addEventListener("click", () => { add({ field: fields[0].name }); settle(); });
    box.append(join, rows, adder);
    area.after(box);
    settle();
  }

  function drawTest(test, fields, settle) {
    const row = make("div", { className: "condition-row" });
    const named = (name) => fields.find((field) => field.name === name);
    const field = choose(fields.map((one) => [one.name, one.label]), test.field, words.field);
    const remove = make("button", { type: "button", className: "btn btn-quiet btn-sm", ariaLabel: words.remove }, "×");
    remove.addEventListener("click", () => { row.remove(); settle(); });
    row.append(field, remove);

    const parts = {};
    const redraw = (told) => {
      for (const node of Object.values(parts)) node?.remove();
      const chosen = named(field.value);
      parts.number = chosen.parameter
        ? make("input", { className: "form-control condition-number", type: "number", min: 1, max: chosen.parameter.most, value: told[chosen.parameter.name] ?? chosen.parameter.value })
        : null;
      parts.number?.setAttribute("aria-label", chosen.parameter.name);
      parts.op = choose(chosen.operators.map((one) => [one.name, one.label]), told.op, chosen.label);
      for (const node of [parts.number, parts.op]) if (node) row.insertBefore(node, remove);
      parts.op.addEventListener("change", () => { redrawValue(undefined); settle(); });
      parts.number?.addEventListener("input", settle);
      redrawValue(told.value);
    };
    const redrawValue = (value) => {
      parts.value?.remove();
      const op = named(field.value).operators.find((one) => one.name === parts.op.value);
      parts.value = valueInput(op, value, named(field.value).label);
      if (parts.value) { parts.value.addEventListener("input", settle); row.insertBefore(parts.value, remove); }
    };
    row.told = () => {
      const chosen = named(field.value);
      const op = chosen.operators.find((one) => one.name === parts.op.value);
      const told = { field: chosen.name };
      if (chosen.parameter) told[chosen.parameter.name] = Number(parts.number.value);
      told.op = op.name;
      if (op.takes !== "nothing") told.value = valueOf(op, parts.value);
      return told;
    };
    field.addEventListener("change", () => { redraw({}); settle(); });
    redraw(test);
    return row;
  }

  function valueInput(op, value, label) {
    if (op.takes === "nothing") return null;
    if (op.form === "flag") return choose([["true", words.yes], ["false", words.no]], String(value ?? true), label);
    if (op.choices.length && op.takes === "one") return choose(op.choices, value, label);
    if (op.choices.length && op.takes === "some") {
      const select = choose(op.choices, "", label);
      select.multiple = true;
      select.size = Math.min(4, op.choices.length);
      for (const option of select.options) option.selected = (value ?? []).map(String).includes(option.value);
      return select;
    }
    const input = make("input", { className: "form-control", type: "text", autocomplete: "off" });
    input.value = Array.isArray(value) ? value.join(", ") : value ?? "";
    input.placeholder = op.takes === "some" ? words.several : op.takes === "two" ? `${words.from}, ${words.to}` : "";
    input.setAttribute("aria-label", label);
    return input;
  }

  function valueOf(op, node) {
    const one = (text) => (op.form === "flag" ? text === "true" : op.form === "whole" && /^-?\d+$/.test(text) ? Number(text) : text);
    if (node.multiple) return [...node.selectedOptions].map((option) => one(option.value));
    if (op.takes === "one") return one(node.value.trim());
    return node.value.split(/[,，、]/).map((part) => part.trim()).filter(Boolean).map(one);
  }

  // Rows are numbered on, whatever was taken out: a number must not come twice.
  for (const list of document.querySelectorAll("[data-rows]")) list.dataset.next = list.querySelectorAll(":scope > .rows > [data-row]").length;
  document.querySelectorAll("textarea[data-condition]").forEach(draw);
})();
