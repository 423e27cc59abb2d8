/**
 * The picker's styles. Pages change them with custom properties on the element and with `::part()`.
 * Light or dark follows the page's `color-scheme`.
 */
const CSS = `
:host {
  --_accent: var(--roundel-accent, #0b57d0);
  --_on-accent: var(--roundel-on-accent, #fff);
  --_text: var(--roundel-text, #1d2129);
  --_muted: var(--roundel-muted, #586069);
  --_surface: var(--roundel-surface, #fff);
  --_raised: var(--roundel-raised, #f3f4f7);
  --_border: var(--roundel-border, #7b838d);
  --_danger: var(--roundel-danger, #b3261e);
  --_radius: var(--roundel-radius, 14px);
  --_overlay: var(--roundel-overlay, rgb(255 255 255 / 72%));
  display: block;
  container-type: inline-size;
  color: var(--_text);
  font: inherit;
  line-height: 1.4;
}
@supports (color: light-dark(red, red)) {
  :host {
    --_accent: var(--roundel-accent, light-dark(#0b57d0, #a8c7fa));
    --_on-accent: var(--roundel-on-accent, light-dark(#fff, #062e6f));
    --_text: var(--roundel-text, light-dark(#1d2129, #e6e8ec));
    --_muted: var(--roundel-muted, light-dark(#586069, #a6adb8));
    --_surface: var(--roundel-surface, light-dark(#fff, #1a1c21));
    --_raised: var(--roundel-raised, light-dark(#f3f4f7, #282b32));
    --_border: var(--roundel-border, light-dark(#7b838d, #868e9a));
    --_danger: var(--roundel-danger, light-dark(#b3261e, #f5b5b0));
    --_overlay: var(--roundel-overlay, light-dark(rgb(255 255 255 / 72%), rgb(16 17 20 / 70%)));
  }
}
:host([hidden]), [hidden] { display: none !important; }
* { box-sizing: border-box; }
p, ul { margin: 0; padding: 0; }

[part="base"] {
  border: 0;
  margin: 0;
  padding: 0;
  min-inline-size: 0;
}
[part="base"]:disabled { opacity: 0.55; }
.row { display: flex; flex-wrap: wrap; gap: 10px; justify-content: center; }
.column { display: grid; grid-template-columns: minmax(0, 1fr); gap: 14px; inline-size: min(100%, var(--roundel-cropper-size, 320px)); justify-self: center; }
.visually-hidden { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

button {
  font: inherit;
  font-weight: 550;
  min-block-size: 40px;
  padding: 6px 18px;
  border: 1px solid var(--_border);
  border-radius: 999px;
  background: var(--_surface);
  color: var(--_text);
  cursor: pointer;
}
button:hover { background: var(--_raised); }
button.primary { background: var(--_accent); border-color: var(--_accent); color: var(--_on-accent); }
button.primary:hover { filter: brightness(1.08); }
button.icon {
  display: grid;
  place-items: center;
  min-block-size: 0;
  inline-size: 34px;
  block-size: 34px;
  padding: 0;
  border-color: transparent;
  background: transparent;
}
button.icon:hover { background: var(--_raised); }
button[aria-disabled="true"] { opacity: 0.4; cursor: default; }
:disabled, :disabled * { cursor: not-allowed; }
svg {
  inline-size: 20px;
  block-size: 20px;
  fill: none;
  stroke: currentColor;
  stroke-width: 2;
  stroke-linecap: round;
  stroke-linejoin: round;
}
:host(:dir(rtl)) :is([part="undo"], [part="redo"]) svg { transform: scaleX(-1); }
:focus-visible { outline: 3px solid var(--_accent); outline-offset: 2px; }

[part="dropzone"] {
  display: grid;
  gap: 14px;
  justify-items: center;
  padding: 28px 20px;
  border: 1.5px dashed var(--_border);
  border-radius: var(--_radius);
  background: var(--_surface);
  text-align: center;
}
[part="current"] {
  display: grid;
  place-items: center;
  inline-size: 96px;
  block-size: 96px;
  overflow: hidden;
  border-radius: 50%;
  background: var(--_raised);
  color: var(--_muted);
}
[part="current"] svg { inline-size: 52px; block-size: 52px; stroke-width: 1.4; }
[part="current-image"] { inline-size: 100%; block-size: 100%; object-fit: cover; }
:host([shape="square"]) [part="current"] { border-radius: 12px; }
[part="drop"] { font-size: 1.1em; font-weight: 600; }
[part="paste"] { color: var(--_muted); font-size: 0.9em; }
[data-dragover] :is([part="dropzone"], [part="cropper"]) { border-color: var(--_accent); background: var(--_raised); }
[data-dragover] [part="cropper"] { outline: 3px dashed var(--_accent); outline-offset: 2px; }
@media (pointer: coarse) { [part="drop"], [part="paste"] { display: none; } }
[part="camera-dialog"] { inline-size: min(92vw, 640px); padding: 20px; border: 0; border-radius: var(--_radius); background: var(--_surface); color: inherit; }
[part="camera-dialog"]::backdrop { background: rgb(0 0 0 / 60%); }
[part="camera-video"] { display: block; inline-size: 100%; margin-block-end: 16px; border-radius: 8px; background: #000; transform: scaleX(-1); }

[part="editor"] { display: grid; grid-template-columns: minmax(0, 1fr); gap: 24px; align-items: start; }
.frame { position: relative; display: grid; }
[part="cropper"] {
  position: relative;
  overflow: hidden;
  aspect-ratio: 1;
  border-radius: var(--_radius);
  background: var(--_raised);
  touch-action: none;
  cursor: grab;
  user-select: none;
  -webkit-user-select: none;
}
[part="cropper"]:active { cursor: grabbing; }
[part="photo"] { position: absolute; inset: 0; inline-size: 100%; block-size: 100%; }
[part="crop-area"] {
  position: absolute;
  border-radius: 50%;
  outline: 2px solid #fff;
  box-shadow: 0 0 0 3px rgb(0 0 0 / 45%), 0 0 0 100vmax var(--_overlay);
  pointer-events: none;
}
:host([shape="square"]) [part="crop-area"] { border-radius: 0; }
.frame > button.icon { position: absolute; inline-size: 32px; block-size: 32px; border-radius: 50%; }
.frame > button.icon:hover { background: var(--_surface); }
[part="move-up"], [part="move-down"] { left: calc(50% - 16px); }
[part="move-left"], [part="move-right"] { top: calc(50% - 16px); }
[part="move-up"] { top: 2px; }
[part="move-down"] { bottom: 2px; }
[part="move-left"] { left: 2px; }
[part="move-right"] { right: 2px; }

[part="toolbar"] { display: flex; align-items: center; gap: 2px; }
.zoom { display: flex; flex: 1; align-items: center; gap: 2px; min-inline-size: 0; }
[part="zoom"] { flex: 1; min-inline-size: 0; block-size: 28px; margin: 0; accent-color: var(--_accent); cursor: pointer; }

[part="previews"] { display: grid; gap: 12px; align-content: start; }
[part="previews-title"] { font-weight: 600; }
[part="preview-list"] { display: flex; flex-wrap: wrap; gap: 18px; align-items: end; list-style: none; }
[part="preview"] { display: grid; gap: 6px; justify-items: center; max-inline-size: 100%; font-size: 0.85em; text-align: center; }
[part="preview-image"] { max-inline-size: var(--roundel-preview-max, 256px); border-radius: 50%; }
:host([shape="square"]) [part="preview-image"] { border-radius: 0; }
[part="preview-label"], [part="preview-label"] small { unicode-bidi: plaintext; }
[part="preview-label"] { font-variant-numeric: tabular-nums; white-space: nowrap; }
[part="preview-label"] small { display: block; color: var(--_muted); font-size: inherit; }

[part="progress"] { inline-size: 100%; block-size: 6px; margin-block-start: 12px; accent-color: var(--_accent); }
[part="hint"] { color: var(--_muted); font-size: 0.9em; }
[part="error"] { color: var(--_danger); font-weight: 550; }
:is([part="hint"], [part="error"]):not(:empty) { margin-block-start: 12px; }

@container (min-width: 33rem) {
  [part="editor"] { grid-template-columns: minmax(0, var(--roundel-cropper-size, 320px)) minmax(0, 1fr); gap: 36px; }
}
@media (prefers-reduced-motion: no-preference) {
  button, [part="dropzone"] { transition: background-color 120ms, border-color 120ms, filter 120ms; }
  [part="progress"] { animation: appear 300ms 200ms backwards; }
  @keyframes appear { from { opacity: 0; } }
}
@media (forced-colors: active) {
  [part="crop-area"] { outline-color: Highlight; }
  button.icon { border-color: ButtonText; }
}
`;

/** @type {CSSStyleSheet | undefined} */
let sheet;

/** The style sheet of all pickers. It is constructed, which every content security policy allows. */
export function styleSheet() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  return sheet;
}
