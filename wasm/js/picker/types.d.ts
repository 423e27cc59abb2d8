/** Types that the picker's files share; what pages see is in `index.d.ts`. */
import type { Call, Input, Options, Rendered, Source } from "../index.js";

export interface Size {
  width: number;
  height: number;
}

/** A rectangle in pixels, with fractional edges. */
export interface Rect extends Size {
  x: number;
  y: number;
}

/** A point as fractions of a rectangle. */
export type Point = [x: number, y: number];

/** An entry of `options.sizes`. */
export type SizeOption = NonNullable<Options["sizes"]>[number];

/** What makes avatars: the package's own functions, or a test's. */
export interface Engine {
  probe(input: Input, options?: Options, call?: Call): Promise<Source>;
  render(input: Input, options?: Options, call?: Call): Promise<Rendered>;
}

/** Render options with the sizes spelled out, and without a crop. */
export type RenderOptions = Options & { sizes: SizeOption[] };

/** A photo that can be cropped. */
export interface Photo extends Size {
  /** As it came. */
  file: Blob;
  /** By content. */
  format: Source["format"];
  /** All of it, upright and in sRGB, at most 1280 pixels long, made by core. */
  view: Blob;
}

/** A photo and which part of it is shown. */
export interface Shown {
  readonly photo: Photo;
  readonly crop: Rect;
}

/** What undo takes back. */
export type State = Shown | { readonly photo: null; readonly crop: null };

/** Work that ends early when `signal` aborts, and handles its own errors. */
export type Job = (signal: AbortSignal) => Promise<void>;

/** What a session tells, and with what detail. */
export interface SessionEvents {
  moved: void;
  opened: void;
  cleared: void;
  preview: Rendered;
  rendered: Rendered;
  refused: unknown;
  stage: Parameters<NonNullable<Call["onProgress"]>>[0];
  busy: boolean;
}

export type Tell = <E extends keyof SessionEvents>(event: E, ...detail: SessionEvents[E] extends void ? [] : [SessionEvents[E]]) => void;

/** The elements in the picker's shadow, by their part. */
export interface Ui {
  base: HTMLFieldSetElement;
  dropzone: HTMLElement;
  currentImage: HTMLImageElement;
  drop: HTMLElement;
  paste: HTMLElement;
  choose: HTMLButtonElement;
  camera: HTMLButtonElement;
  cameraDialog: HTMLDialogElement;
  cameraPicture: HTMLVideoElement;
  shutter: HTMLButtonElement;
  cameraCancel: HTMLButtonElement;
  editor: HTMLElement;
  stage: HTMLElement;
  photo: HTMLCanvasElement;
  window: HTMLElement;
  moveUp: HTMLButtonElement;
  moveDown: HTMLButtonElement;
  moveLeft: HTMLButtonElement;
  moveRight: HTMLButtonElement;
  zoom: HTMLInputElement;
  zoomIn: HTMLButtonElement;
  zoomOut: HTMLButtonElement;
  undo: HTMLButtonElement;
  redo: HTMLButtonElement;
  recentre: HTMLButtonElement;
  replace: HTMLButtonElement;
  remove: HTMLButtonElement;
  restore: HTMLButtonElement;
  previewsTitle: HTMLElement;
  previewList: HTMLElement;
  progress: HTMLProgressElement;
  hint: HTMLElement;
  error: HTMLElement;
  status: HTMLElement;
  help: HTMLElement;
  file: HTMLInputElement;
  cameraFile: HTMLInputElement;
}
