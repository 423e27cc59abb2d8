/** Shows the photo, the progress, the avatars and the errors. */

const $ = (id) => document.getElementById(id);

const kilobytes = (bytes) => (bytes < 1000 ? `${bytes} bytes` : `${(bytes / 1000).toFixed(bytes < 100_000 ? 1 : 0)} kB`);
const milliseconds = (time) => `${time.toFixed(time < 10 ? 1 : 0)} ms`;
const percent = (share) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;

/** The sides at which an app might show one avatar, in CSS pixels. */
const SIDES_IN_USE = [96, 64, 40, 24];

function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

export class View {
  /** Addresses of blobs that are shown. @type {string[]} */
  #addresses = [];
  #photoAddress = "";
  #onPoint = (_point) => {};

  constructor() {
    $("photo-image").addEventListener("error", () => ($("photo").hidden = true));
    $("photo-crop").addEventListener("click", (event) => this.#point(event));
    for (const shape of document.getElementsByName("shape")) {
      shape.addEventListener("change", () => ($("result").dataset.shape = shape.value));
    }
  }

  /** @param {(point: [number, number]) => void} listener called with the part of the photo that was clicked */
  onPoint(listener) {
    this.#onPoint = listener;
  }

  /** @param {MouseEvent} event */
  #point({ offsetX, offsetY }) {
    const { clientWidth, clientHeight } = $("photo-crop");
    const fraction = (at, length) => Math.round(Math.min(Math.max(at / length, 0), 1) * 100) / 100;
    this.#onPoint([fraction(offsetX, clientWidth), fraction(offsetY, clientHeight)]);
  }

  /** @param {Blob} photo */
  showPhoto(photo) {
    URL.revokeObjectURL(this.#photoAddress);
    this.#photoAddress = URL.createObjectURL(photo);
    $("photo").hidden = false;
    $("photo-image").src = this.#photoAddress;
    $("photo-crop").setAttribute("viewBox", "0 0 1 1");
    $("photo-facts").textContent = "";
    $("invite").textContent = "Click the photo to move the crop there. Drop or paste another one.";
    $("drop").classList.add("filled");
  }

  /** @param {boolean} over whether a file is dragged over the page */
  showDrop(over) {
    $("drop").classList.toggle("over", over);
  }

  /** @param {number} done finished stages, of four @param {string} [stage] the last of them */
  showProgress(done, stage) {
    $("progress").hidden = false;
    $("bar").value = done;
    $("bar-label").textContent = stage ? `Rendering: ${stage} is done` : "Rendering";
  }

  /** @param {string} message */
  announce(message) {
    $("status").textContent = message;
  }

  /** @param {string} message */
  showError(message) {
    $("progress").hidden = true;
    $("result").hidden = true;
    $("notes").hidden = true;
    this.announce("");
    $("error").textContent = message;
    $("error").hidden = false;
  }

  /**
   * @param {Blob} photo
   * @param {import("../roundel/index.js").Rendered} rendered
   * @param {Record<string, number>} times
   * @param {string[]} notes
   */
  showResult(photo, rendered, times, notes) {
    $("progress").hidden = true;
    $("error").hidden = true;
    $("result").hidden = false;
    const { avatars, source } = rendered;
    const bytes = avatars.reduce((sum, avatar) => sum + avatar.bytes.length, 0);
    this.announce(`${avatars.length} ${avatars.length === 1 ? "avatar" : "avatars"} in ${milliseconds(times.total)}, ${kilobytes(bytes)}`);
    this.#showNotes([...notes, ...damage(rendered)]);
    this.#showCrop(rendered);
    this.#showAvatars(avatars);
    $("photo-facts").textContent = `${source.format.toUpperCase()}, ${source.width} × ${source.height}, ${kilobytes(photo.size)}${source.orientation > 1 ? `, orientation ${source.orientation}` : ""}${source.icc ? ", with a color profile" : ""}`;
    showFacts(facts(photo, rendered, times, bytes));
  }

  #showNotes(notes) {
    $("notes").replaceChildren(...notes.map((note) => element("li", { textContent: note })));
    $("notes").hidden = notes.length === 0;
  }

  /** Darkens what the first avatar does not show. */
  #showCrop({ avatars, source: { width, height }, faces }) {
    const [x, y, w, h] = avatars[0].crop;
    const svg = $("photo-crop");
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.querySelector(".shade").setAttribute("d", `M0 0H${width}V${height}H0ZM${x} ${y}h${w}v${h}h${-w}z`);
    setRect(svg.querySelector(".shown"), [x, y, w, h]);
    const found = faces.map(({ rect }) => setRect(document.createElementNS(svg.namespaceURI, "rect"), rect));
    svg.querySelector(".faces").replaceChildren(...found);
  }

  #showAvatars(avatars) {
    for (const address of this.#addresses) URL.revokeObjectURL(address);
    this.#addresses = avatars.map(({ blob }) => URL.createObjectURL(blob));
    $("avatars").replaceChildren(...avatars.map((avatar, index) => avatarItem(avatar, this.#addresses[index])));
    $("in-use").replaceChildren(...SIDES_IN_USE.map((side) => element("img", { src: this.#addresses[0], alt: "", width: side, height: side })));
  }
}

const damage = ({ decoded }) =>
  decoded.damaged ? [`${percent(decoded.missing)} of the part that is shown was damaged or missing, and is filled in.`] : [];

function setRect(rect, [x, y, width, height]) {
  for (const [name, value] of Object.entries({ x, y, width, height })) rect.setAttribute(name, value);
  return rect;
}

function avatarItem({ width, height, format, bytes, extension, frames, digest }, address) {
  const name = `${width} × ${height}`;
  const moving = frames > 1 ? `, ${frames} frames` : "";
  return element(
    "li",
    {},
    element("img", { src: address, width, height, alt: `Avatar, ${name} pixels, ${format}` }),
    element(
      "p",
      {},
      element("strong", { textContent: name }),
      ` ${format}${moving}, ${kilobytes(bytes.length)}`,
      element("a", { href: address, download: `${digest.slice(0, 16)}.${extension}`, textContent: "Download", ariaLabel: `Download ${name} ${format}` }),
    ),
  );
}

function facts(photo, { placeholder, digest, decoded, faces, avatars }, { total, ...stages }, bytes) {
  const swatch = element("span", { className: "swatch" });
  swatch.style.backgroundColor = `#${placeholder.color}`;
  const scale = [decoded.scale < 8 && `${decoded.scale}/8 of the size`, decoded.average > 1 && `${decoded.average} × ${decoded.average} pixels averaged`];
  return [
    ["Time", `${milliseconds(total)} (${Object.entries(stages).map(([stage, time]) => `${stage} ${milliseconds(time)}`).join(", ")})`],
    ["Bytes", `${kilobytes(bytes)}, ${percent(bytes / photo.size)} of the photo`],
    ["Decoded", scale.filter(Boolean).join(", ") || "in full"],
    ["Shown", avatars[0].crop.map((number) => Math.round(number * 10) / 10).join(", ")],
    faces.length > 0 && ["Faces", `${faces.length}, score ${faces.map(({ score }) => score.toFixed(2)).join(", ")}`],
    ["Color", element("span", {}, swatch, `#${placeholder.color}`)],
    ["ThumbHash", btoa(String.fromCharCode(...placeholder.thumbhash))],
    ["Digest", `${digest.slice(0, 32)}…`],
  ].filter(Boolean);
}

const showFacts = (rows) =>
  $("facts").replaceChildren(...rows.map(([term, value]) => element("div", {}, element("dt", { textContent: term }), element("dd", {}, value))));
