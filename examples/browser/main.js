import "roundel/picker";
import sample from "../photos/astronaut.jpg?url";
import { bindOptionControls } from "./options.js";
import { showRender } from "./report.js";

const $ = (id) => document.getElementById(id);
const picker = $("picker");

picker.addEventListener("change", ({ detail: rendered }) => {
  $("sample-line").hidden = !!rendered;
  showRender(picker, rendered);
});

$("sample").addEventListener("click", async () => {
  const response = await fetch(sample);
  picker.focus();
  await picker.load(await response.blob());
});

$("profile").addEventListener("submit", (event) => {
  event.preventDefault(); // without this, the browser would send these fields
  showFields(new FormData(event.target));
});

$("profile").addEventListener("reset", () => ($("saved").hidden = true));

function showFields(fields) {
  const items = [...fields].map(([name, value]) => {
    const item = document.createElement("li");
    const label = document.createElement("code");
    label.textContent = name;
    item.append(label, value instanceof File ? `${value.name}, ${value.size.toLocaleString()} bytes` : value);
    return item;
  });
  $("fields").replaceChildren(...items);
  $("saved").hidden = false;
  $("saved").focus();
}

bindOptionControls(picker);
