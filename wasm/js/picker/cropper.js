import { cropAreaOf, visiblePart } from "./geometry.js";
import { renderPart } from "./load-photo.js";

/** @import { Session } from "./session.js" */
/** @import { CroppedPhoto, LoadedPhoto, Point, Rect, Ui } from "./types.js" */

/** Between the crop area and the cropper's edges, in CSS pixels: room for the buttons that move. */
const MARGIN = 38;
/** The overview is replaced by a sharper detail if it has less than this part of the screen's pixels. */
const MIN_SHARPNESS = 0.8;

/**
 * Draws the photo at the position of the crop, with the crop area in the center.
 *
 * While the photo moves, this draws the overview: one small picture of the whole photo. When the
 * photo rests, zoomed in, the visible part is rendered again at the resolution of the screen.
 */
export class Cropper {
  #ui;
  #session;
  /** @type {{ photo: LoadedPhoto, bitmap: ImageBitmap } | null} */
  #overview = null;
  /** @type {{ crop: Rect, part: Rect, bitmap: ImageBitmap } | null} the part that is visible with `crop` */
  #detail = null;
  #frame = 0;
  #resizeObserver = new ResizeObserver(() => this.draw());

  /**
   * @param {Ui} ui
   * @param {Session} session
   */
  constructor(ui, session) {
    this.#ui = ui;
    this.#session = session;
  }

  connect() {
    this.#resizeObserver.observe(this.#ui.cropper);
  }

  disconnect() {
    this.#resizeObserver.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  /** The size of the cropper in CSS pixels. */
  get #size() {
    return { width: this.#ui.cropper.clientWidth, height: this.#ui.cropper.clientHeight };
  }

  /** The crop area within the cropper, in CSS pixels. */
  get #cropArea() {
    return cropAreaOf(this.#size, this.#session.aspectRatio, MARGIN);
  }

  /** Converts a point of the screen to fractions of the crop area. @param {number} clientX @param {number} clientY @returns {Point} */
  toCropAreaPoint(clientX, clientY) {
    const { left, top } = this.#ui.cropper.getBoundingClientRect();
    const { x, y, width, height } = this.#cropArea;
    return [(clientX - left - x) / width, (clientY - top - y) / height];
  }

  /** Draws in the next frame. */
  draw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      const { croppedPhoto } = this.#session;
      if (croppedPhoto && this.#size.width) this.#draw(croppedPhoto);
    });
  }

  /** @param {CroppedPhoto} croppedPhoto */
  #draw(croppedPhoto) {
    this.#placeCropArea();
    if (this.#overview?.photo === croppedPhoto.photo) this.#paint(croppedPhoto, this.#overview.bitmap);
    else this.#loadOverview(croppedPhoto.photo);
  }

  /** @param {LoadedPhoto} photo */
  async #loadOverview(photo) {
    const bitmap = await createImageBitmap(photo.overview);
    if (photo !== this.#session.photo) return bitmap.close();
    this.#overview?.bitmap.close();
    this.#overview = { photo, bitmap };
    this.draw();
  }

  #placeCropArea() {
    const { x, y, width, height } = this.#cropArea;
    const { style } = this.#ui.cropArea;
    Object.assign(style, { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` });
  }

  /** @param {CroppedPhoto} croppedPhoto @param {ImageBitmap} overview */
  #paint({ photo, crop }, overview) {
    const context = this.#clearCanvas();
    if (!context) return;
    this.#paintPart(context, crop, overview, { x: 0, y: 0, width: photo.width, height: photo.height });
    if (this.#detail?.crop === crop) this.#paintPart(context, crop, this.#detail.bitmap, this.#detail.part);
  }

  /** Clears the canvas. It has the pixels of the screen and the coordinates of CSS pixels. */
  #clearCanvas() {
    const canvas = this.#ui.photo;
    const { width, height } = this.#size;
    const [columns, rows] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
    // Setting the size reallocates the canvas, even if it is the same.
    if (canvas.width !== columns || canvas.height !== rows) Object.assign(canvas, { width: columns, height: rows });
    const context = canvas.getContext("2d");
    context?.setTransform(columns / width, 0, 0, rows / height, 0, 0);
    context?.clearRect(0, 0, width, height);
    if (context) context.imageSmoothingQuality = "high";
    return context;
  }

  /**
   * Draws `bitmap`, a picture of `part` of the photo.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Rect} crop
   * @param {ImageBitmap} bitmap
   * @param {Rect} part
   */
  #paintPart(context, crop, bitmap, part) {
    const area = this.#cropArea;
    const scale = area.width / crop.width;
    const [x, y] = [area.x + (part.x - crop.x) * scale, area.y + (part.y - crop.y) * scale];
    context.drawImage(bitmap, x, y, part.width * scale, part.height * scale);
  }

  /** Renders the visible part again if the overview is too coarse for the screen. */
  renderDetail() {
    if (!this.#session.croppedPhoto) return;
    const { photo, crop } = this.#session.croppedPhoto;
    const area = this.#cropArea;
    const screenScale = (area.width / crop.width) * devicePixelRatio;
    const overviewScale = this.#overview ? this.#overview.bitmap.width / photo.width : 1;
    // An overview at full size has every pixel of the photo already.
    if (overviewScale >= 1 || overviewScale >= screenScale * MIN_SHARPNESS) return;
    const part = visiblePart(crop, photo, area, this.#size);
    this.#session.renderWhenIdle((renderer, options, callOptions) =>
      renderPart(renderer, photo.file, part, Math.min(screenScale, 1), options, callOptions)
        .then((blob) => createImageBitmap(blob))
        .then((bitmap) => this.#setDetail({ crop, part, bitmap }))
        .catch(() => {}), // The overview stays. The render of the avatars reports errors.
    );
  }

  /** @param {{ crop: Rect, part: Rect, bitmap: ImageBitmap }} detail */
  #setDetail(detail) {
    this.#detail?.bitmap.close();
    this.#detail = detail;
    this.draw();
  }
}
