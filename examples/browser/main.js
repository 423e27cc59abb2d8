import "roundel/picker";
import sample from "../photos/astronaut.jpg?url";
import { showAuthorsChoices } from "./options.js";
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
  event.preventDefault(); // an app would send `new FormData(form)`
  showFields(new FormData(event.target));
});

$("profile").addEventListener("reset", () => ($("saved").hidden = true));

function showFields(fields) {
  const lines = [...fields].map(([name, value]) => {
    const line = document.createElement("li");
    const key = document.createElement("code");
    key.textContent = name;
    line.append(key, value instanceof File ? `${value.name}, ${value.size.toLocaleString()} bytes` : value);
    return line;
  });
  $("fields").replaceChildren(...lines);
  $("saved").hidden = false;
  $("saved").focus();
}

showAuthorsChoices(picker);
