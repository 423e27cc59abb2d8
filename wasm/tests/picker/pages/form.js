/** What the tests ask the page: `scene`. */
import { render } from "../js/index.js";
import "../js/picker/index.js";

const picker = document.querySelector("roundel-picker");
const form = document.querySelector("form");
const part = (name) => picker.shadowRoot.querySelector(`[part="${name}"]`);

const events = [];
for (const type of ["input", "change", "error", "progress"]) {
  picker.addEventListener(type, ({ detail }) => events.push({ type, detail }));
}
const violations = [];
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
  violations.push(`${violatedDirective} ${blockedURI}`);
});

async function file(path, name = path.split("/").pop()) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new File([await response.blob()], name);
}

async function open(path) {
  await picker.load(await file(path));
  return picker.settled();
}

const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const digest = async (blob) => hex(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));

/** Digests of what core gives for a rectangle: what the picker has to give as well. */
async function expected(photo, options) {
  const { avatars } = await render(photo, options);
  return Promise.all(avatars.map(({ blob }) => digest(blob)));
}

async function submitted(name = "avatar") {
  const files = new FormData(form).getAll(name);
  return Promise.all(files.map(async (it) => ({ name: it.name, type: it.type, digest: await digest(it) })));
}

const count = (type) => events.filter((event) => event.type === type).length;
const last = (type) => events.findLast((event) => event.type === type)?.detail;

/** The middle of a part on the screen. */
function middle(name) {
  const { x, y, width, height } = part(name).getBoundingClientRect();
  return { x: x + width / 2, y: y + height / 2, width, height };
}

window.scene = { picker, form, part, events, violations, file, open, digest, expected, submitted, count, last, middle };
