// Files dropped on the upload field, and the mapper's rows that are skipped.
(() => {
  "use strict";
  const zone = document.querySelector(".drop");
  if (zone) {
    const input = zone.querySelector("input[type=file]");
    const names = zone.querySelector(".drop-files");
    const send = zone.closest("form").querySelector("button[type=submit]");
    const largest = Number(zone.dataset.largest);
    const show = () => {
      const files = [...input.files];
      names.textContent = files.map((file) => file.name).join(", ");
      const large = files.some((file) => file.size > largest);
      zone.querySelector(".drop-large").hidden = !large;
      send.disabled = large || !files.length;
    };
    input.addEventListener("change", show);
    for (const kind of ["dragenter", "dragover"]) {
      zone.addEventListener(kind, (event) => { event.preventDefault(); zone.classList.add("over"); });
    }
    for (const kind of ["dragleave", "drop"]) zone.addEventListener(kind, () => zone.classList.remove("over"));
    zone.addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; show(); }
    });
    show();
  }
  document.addEventListener("change", (event) => {
    const select = event.target.closest(".mapper select");
    if (!select) return;
    select.closest("tr").classList.toggle("unmapped", !select.value);
    // A field belongs to one column: the one chosen last.
    if (!select.value || select.value === select.dataset.many) return;
    for (const other of document.querySelectorAll(".mapper select")) {
      if (other !== select && other.value === select.value) {
        other.value = "";
        other.closest("tr").classList.add("unmapped");
      }
    }
  });
})();
