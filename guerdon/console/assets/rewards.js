// A file of codes is read into the field for codes, so that people see what they upload.
"use strict";

for (const file of document.querySelectorAll("[data-reads-into]")) {
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (chosen === undefined) return;
    const field = document.getElementById(file.dataset.readsInto);
    field.value = (await chosen.text()).replaceAll('"', "").trim();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
