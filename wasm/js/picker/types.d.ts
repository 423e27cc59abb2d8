/** Types that the picker's files share. The public types are in `index.d.ts`. */
import type { CallOptions, Options, Photo, Rendered, Source, Stage } from "../index.js";

export interface Size {
  width: number;
  height: number;
}

/** A rectangle in pixels, with fractional edges. */
export interface Rect extends Size {
  x: number;
  y: number;
}

/** A point, as fractions of a rectangle. */
export type Point = [x: number, y: number];

/** An entry of `options.sizes`. */
export type SizeOption = NonNullable<Options["sizes"]>[number];

/** Renders avatars: the package's functions, or those of a test. */
export interface Renderer {
  probe(photo: Photo, options?: Options, callOptions?: CallOptions): Promise<Source>;
  render(photo: Photo, options?: Options, callOptions?: CallOptions): Promise<Rendered>;
}

/** Render options with sizes. */
export type RenderOptions = Options & { sizes: SizeOption[] };

/** A photo that was read and can be cropped. */
export interface LoadedPhoto extends Size {
  /** The file, unchanged. */
  file: Blob;
  format: Source["format"];
  /** The whole photo, upright, in sRGB, its longest side at most 1280 pixels. */
  overview: Blob;
}

export interface CroppedPhoto {
  readonly photo: LoadedPhoto;
  readonly crop: Rect;
}

/** A state of the undo list. */
export type State = CroppedPhoto | { readonly photo: null; readonly crop: null };

/** Work that ends early when `signal` aborts, and handles its own errors. */
export type Task = (signal: AbortSignal) => Promise<void>;

/** The events of a session, each with its detail. */
export interface SessionEvents {
  changed: void;
  loaded: void;
  cleared: void;
  preview: Rendered;
  rendered: Rendered;
  failed: unknown;
  progress: Stage;
  busy: boolean;
}

export type Emit = <E extends keyof SessionEvents>(event: E, ...detail: SessionEvents[E] extends void ? [] : [SessionEvents[E]]) => void;

/** The elements in the picker's shadow tree, by the name of their part. */
export interface Ui {
  base: HTMLFieldSetElement;
  dropzone: HTMLElement;
  currentImage: HTMLImageElement;
  drop: HTMLElement;
  paste: HTMLElement;
  choose: HTMLButtonElement;
  camera: HTMLButtonElement;
  cameraDialog: HTMLDialogElement;
  cameraVideo: HTMLVideoElement;
  cameraCapture: HTMLButtonElement;
  cameraCancel: HTMLButtonElement;
  editor: HTMLElement;
  cropper: HTMLElement;
  photo: HTMLCanvasElement;
  cropArea: HTMLElement;
  moveUp: HTMLButtonElement;
  moveDown: HTMLButtonElement;
  moveLeft: HTMLButtonElement;
  moveRight: HTMLButtonElement;
  zoom: HTMLInputElement;
  zoomIn: HTMLButtonElement;
  zoomOut: HTMLButtonElement;
  undo: HTMLButtonElement;
  redo: HTMLButtonElement;
  recenter: HTMLButtonElement;
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
