// Commands and files of a guide get a button that copies them; answers are for reading.

import { element } from "./session.js";

for (const block of document.querySelectorAll(".prose pre:not(:has(> .language-json, > .language-text))")) {
  const button = element("button", { type: "button", className: "copy" }, "Copy");
  button.onclick = async () => {
    await navigator.clipboard.writeText(block.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  };
  block.append(button);
}
