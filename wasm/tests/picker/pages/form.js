/** The form page, and `window.harness`: what the tests call on it. */
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

async function fetchFile(path, name = path.split("/").pop()) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new File([await response.blob()], name);
}

async function load(path) {
  await picker.load(await fetchFile(path));
  return picker.settled();
}

const toHex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const digest = async (blob) => toHex(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()));

/** Digests of the avatars that core renders with these options: the picker must give the same. */
async function expectedDigests(photo, options) {
  const { avatars } = await render(photo, options);
  return Promise.all(avatars.map(({ blob }) => digest(blob)));
}

async function submittedFiles(name = "avatar") {
  const files = new FormData(form).getAll(name);
  return Promise.all(files.map(async (file) => ({ name: file.name, type: file.type, digest: await digest(file) })));
}

const count = (type) => events.filter((event) => event.type === type).length;
/** The detail of the last event of a type. */
const last = (type) => events.findLast((event) => event.type === type)?.detail;

/** The center and the size of a part on the screen. */
function center(name) {
  const { x, y, width, height } = part(name).getBoundingClientRect();
  return { x: x + width / 2, y: y + height / 2, width, height };
}

window.harness = { picker, form, part, events, violations, fetchFile, load, digest, expectedDigests, submittedFiles, count, last, center };
