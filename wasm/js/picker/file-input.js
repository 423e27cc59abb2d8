/** @import { Ui } from "./types.js" */

/**
 * The ways a photo comes in: chosen, taken, dropped or pasted. Each gives the first picture, or
 * null if there is none in what was given.
 *
 * @param {HTMLElement} host
 * @param {Ui} ui
 * @param {(file: Blob | null) => void} take
 * @param {() => boolean} closed whether nothing may come in at present
 */
export function listen(host, ui, take, closed) {
  ui.choose.addEventListener("click", () => ui.file.click());
  ui.replace.addEventListener("click", () => ui.file.click());
  for (const input of [ui.file, ui.cameraFile]) {
    input.addEventListener("change", () => {
      if (input.files?.length) take(input.files[0]);
      input.value = ""; // so that the same file can be chosen again
    });
  }
  listenToDrops(host, ui.base, take, closed);
}

/** @param {HTMLElement} host @param {Element} base @param {(file: Blob | null) => void} take @param {() => boolean} closed */
function listenToDrops(host, base, take, closed) {
  const mark = (/** @type {boolean} */ over) => base.toggleAttribute("data-over", over);
  host.addEventListener("dragover", (event) => {
    if (closed() || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
    mark(true);
  });
  host.addEventListener("dragleave", (event) => {
    if (!host.contains(/** @type {Node | null} */ (event.relatedTarget))) mark(false);
  });
  host.addEventListener("drop", (event) => {
    mark(false);
    if (closed() || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    take(pictureOf(event.dataTransfer));
  });
}

/**
 * Pasting anywhere on the page, unless something else there is for text: the first picker of the
 * page takes it, or the one with the focus.
 *
 * @param {HTMLElement} host
 * @param {(file: Blob | null) => void} take
 * @param {() => boolean} closed
 * @param {AbortSignal} signal ends the listening
 */
export function listenToPastes(host, take, closed, signal) {
  document.addEventListener(
    "paste",
    (event) => {
      if (closed() || event.defaultPrevented || !isMeant(host, event)) return;
      const picture = pictureOf(event.clipboardData);
      if (!picture && !isFocused(host)) return;
      event.preventDefault();
      take(picture);
    },
    { signal },
  );
}

const isFocused = (/** @type {Element} */ host) => host.matches(":focus-within");

/** @param {HTMLElement} host @param {ClipboardEvent} event */
function isMeant(host, event) {
  if (isFocused(host)) return true;
  const target = event.composedPath()[0];
  const forText = target instanceof Element && target.closest("input, textarea, select, [contenteditable]");
  const pickers = [.../** @type {ParentNode} */ (/** @type {unknown} */ (host.getRootNode())).querySelectorAll(host.localName)];
  return !forText && pickers[0] === host && !pickers.some(isFocused);
}

/** The first picture of what was dropped or pasted; a file of unknown kind if there is no other. @param {DataTransfer | null} transfer */
function pictureOf(transfer) {
  const files = [...(transfer?.files ?? [])];
  return files.find((file) => file.type.startsWith("image/")) ?? files[0] ?? null;
}
