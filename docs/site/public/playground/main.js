/** The playground: a photo, the options, and the avatars that roundel renders of them in this page. */

import { probe, render } from "../roundel/index.js";
import { toCommand, toJavaScript, toJson, toPython, toRust } from "./code.js";
import { forBrowser } from "./for-browser.js";
import { Form } from "./form.js";
import { sentence } from "./messages.js";
import { fromHash, toHash } from "./share.js";
import { View } from "./view.js";

/** Milliseconds without a change before a render starts. */
const PAUSE = 150;

const form = new Form(document.getElementById("options"));
const view = new View();

/** @type {{ photo?: Blob, source?: object, running?: AbortController, timer?: number }} */
const state = {};

const CODE = { rust: toRust, python: toPython, javascript: toJavaScript, command: toCommand, json: toJson };

/** After a change of the options. */
function update() {
  const { options } = form.read();
  for (const [name, write] of Object.entries(CODE)) document.getElementById(`code-${name}`).textContent = write(options);
  history.replaceState(null, "", toHash(options) || location.pathname + location.search);
  clearTimeout(state.timer);
  state.timer = setTimeout(renderPhoto, PAUSE);
}

/** Opens a photo, whatever brought it. @param {Blob} photo */
async function open(photo) {
  state.photo = photo;
  state.source = undefined;
  view.showPhoto(photo);
  await renderPhoto();
}

/** Renders with the options of the form. A newer call stops an older one. */
async function renderPhoto() {
  const { photo } = state;
  if (!photo) return;
  state.running?.abort();
  const running = (state.running = new AbortController());
  const { options, problem } = form.read();
  if (problem) return view.showError(problem);
  const browser = forBrowser(options);
  view.showProgress(0);
  try {
    // This loads the wasm, so that the time below is that of the render.
    state.source ??= await probe(photo, browser.options, running);
    const { rendered, times } = await timed(photo, browser.options, running.signal);
    view.showResult(photo, rendered, times, browser.notes);
  } catch (error) {
    if (!running.signal.aborted) view.showError(sentence(error));
  }
}

/** Renders, and measures the milliseconds until each stage has finished. */
async function timed(photo, options, signal) {
  const start = performance.now();
  const times = {};
  let last = start;
  const onProgress = (stage) => {
    const now = performance.now();
    times[stage] = now - last;
    last = now;
    view.showProgress(Object.keys(times).length, stage);
  };
  const rendered = await render(photo, options, { signal, onProgress });
  return { rendered, times: { ...times, total: performance.now() - start } };
}

// The ways to bring a photo.

const file = document.getElementById("file");
file.addEventListener("change", () => file.files[0] && open(file.files[0]));

document.getElementById("sample").addEventListener("click", async () => {
  const response = await fetch("astronaut.jpg");
  await open(await response.blob());
});

document.addEventListener("paste", ({ clipboardData }) => {
  const [pasted] = clipboardData.files;
  if (pasted) open(pasted);
});

for (const type of ["dragover", "drop"]) document.addEventListener(type, (event) => event.preventDefault());
document.addEventListener("dragover", () => view.showDrop(true));
document.addEventListener("dragleave", ({ relatedTarget }) => relatedTarget || view.showDrop(false));
document.addEventListener("drop", ({ dataTransfer }) => {
  view.showDrop(false);
  const [dropped] = dataTransfer.files;
  if (dropped) open(dropped);
  else view.showError("This is not a file. Drop a photo from a folder, or choose one.");
});

// The options.

form.onChange(update);
view.onPoint((point) => form.set("crop", point));
document.getElementById("reset").addEventListener("click", () => form.reset());

const share = document.getElementById("share");
share.addEventListener("click", async () => {
  await navigator.clipboard.writeText(location.href);
  view.announce("The link is copied. It has the options, and not the photo.");
});

/** Sets the options of the address. */
function readAddress() {
  if (!location.hash) return update();
  const { options, problem } = fromHash(location.hash);
  const ignored = form.write(options);
  if (problem) view.showError(problem);
  else if (ignored.length > 0) view.showError(`The link has options that this page does not know: ${ignored.join(", ")}.`);
}

addEventListener("hashchange", readAddress);
readAddress();
