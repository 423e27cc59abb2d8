/** @import { Ui } from "./types.js" */

/**
 * Receives photos that are chosen or dropped. Each call of `onFile` has the first picture, or null
 * if there is none.
 *
 * @param {HTMLElement} host
 * @param {Ui} ui
 * @param {(file: Blob | null) => void} onFile
 * @param {() => boolean} isDisabled
 */
export function listenForFiles(host, ui, onFile, isDisabled) {
  ui.choose.addEventListener("click", () => ui.file.click());
  ui.replace.addEventListener("click", () => ui.file.click());
  for (const input of [ui.file, ui.cameraFile]) {
    input.addEventListener("change", () => {
      if (input.files?.length) onFile(input.files[0]);
      input.value = ""; // so that choosing the same file again is a change
    });
  }
  listenForDrops(host, ui.base, onFile, isDisabled);
}

/** @param {HTMLElement} host @param {Element} base @param {(file: Blob | null) => void} onFile @param {() => boolean} isDisabled */
function listenForDrops(host, base, onFile, isDisabled) {
  const highlight = (/** @type {boolean} */ isOver) => base.toggleAttribute("data-dragover", isOver);
  host.addEventListener("dragover", (event) => {
    if (isDisabled() || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault(); // this allows the drop
    event.dataTransfer.dropEffect = "copy";
    highlight(true);
  });
  host.addEventListener("dragleave", (event) => {
    // The event also fires between the elements within the picker.
    if (!host.contains(/** @type {Node | null} */ (event.relatedTarget))) highlight(false);
  });
  host.addEventListener("drop", (event) => {
    highlight(false);
    if (isDisabled() || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    onFile(firstPicture(event.dataTransfer));
  });
}

/**
 * Receives photos that are pasted anywhere on the page, except into a text field. The picker with
 * the focus receives them, otherwise the first picker of the page.
 *
 * @param {HTMLElement} host
 * @param {(file: Blob | null) => void} onFile
 * @param {() => boolean} isDisabled
 * @param {AbortSignal} signal removes the listener
 */
export function listenForPastes(host, onFile, isDisabled, signal) {
  document.addEventListener(
    "paste",
    (event) => {
      if (isDisabled() || event.defaultPrevented || !isPasteTarget(host, event)) return;
      const picture = firstPicture(event.clipboardData);
      // Without a picture, only a paste into the picker itself is an error.
      if (!picture && !hasFocus(host)) return;
      event.preventDefault();
      onFile(picture);
    },
    { signal },
  );
}

const hasFocus = (/** @type {Element} */ host) => host.matches(":focus-within");

/** @param {HTMLElement} host @param {ClipboardEvent} event */
function isPasteTarget(host, event) {
  if (hasFocus(host)) return true;
  const target = event.composedPath()[0];
  const isText = target instanceof Element && target.closest("input, textarea, select, [contenteditable]");
  const pickers = [.../** @type {ParentNode} */ (/** @type {unknown} */ (host.getRootNode())).querySelectorAll(host.localName)];
  return !isText && pickers[0] === host && !pickers.some(hasFocus);
}

/** The first picture that was dropped or pasted, otherwise the first file: its type may be unknown. @param {DataTransfer | null} transfer */
function firstPicture(transfer) {
  const files = [...(transfer?.files ?? [])];
  return files.find((file) => file.type.startsWith("image/")) ?? files[0] ?? null;
}
