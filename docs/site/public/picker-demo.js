/** The picker on its page, with the sample photo. */
import "./roundel/picker/index.js";

const picker = document.querySelector("roundel-picker");
const output = document.getElementById("picked");

picker.addEventListener("change", ({ detail }) => {
  const files = detail?.avatars.map(({ width, bytes, extension }) => `avatar-${width}.${extension}, ${bytes.length.toLocaleString("en")} bytes`);
  output.textContent = files ? `The form would submit ${files.join(" and ")}.` : "";
});

document.getElementById("sample").addEventListener("click", async () => {
  const response = await fetch("astronaut.jpg");
  picker.focus();
  await picker.load(await response.blob());
});
