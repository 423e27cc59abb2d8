import type { Format, Options } from "../options.js";
import type { Decoder, FormatDecoder, Rendered, RoundelError, Stage } from "../index.js";

/** The detail of an `error` event. */
export interface PickerError {
  /** A code of `RoundelError`, `no_photo` (none was given), `no_camera`, or `unreadable` (the file is gone). */
  code: RoundelError["code"] | "no_photo" | "no_camera" | "unreadable";
  /** The text that the user sees. */
  message: string;
  /** The error that was thrown. */
  error: unknown;
}

/** The detail of a `progress` event: `done` of `total` stages are finished. */
export interface PickerProgress {
  stage: Stage;
  done: number;
  total: number;
}

/** A part of the upright photo, in pixels: `[x, y, width, height]`. */
export type CropRect = [x: number, y: number, width: number, height: number];

export interface PickerEventMap extends HTMLElementEventMap {
  /** The avatars of the final crop are rendered; or the photo was removed, and the detail is null. */
  change: CustomEvent<Rendered | null>;
  /** The photo is moving. */
  input: CustomEvent<{ crop: CropRect }>;
  /** A file or a render was refused, and a message is shown. Does not bubble. */
  error: CustomEvent<PickerError>;
  /** A stage of a render is finished. Does not bubble. */
  progress: CustomEvent<PickerProgress>;
}

/** All texts, by name. `strings.js` has the English ones. */
export interface PickerStrings {
  label: string;
  drop: string;
  paste: string;
  choose: string;
  camera: string;
  cameraCapture: string;
  cameraCancel: string;
  position: string;
  help: string;
  moveUp: string;
  moveDown: string;
  moveLeft: string;
  moveRight: string;
  zoom: string;
  zoomIn: string;
  zoomOut: string;
  percent: string;
  undo: string;
  redo: string;
  recenter: string;
  replace: string;
  remove: string;
  restore: string;
  previews: string;
  preview: string;
  squareSize: string;
  size: string;
  fileSize: string;
  loading: string;
  loaded: string;
  moved: string;
  removed: string;
  enlarged: string;
  animated: string;
  required: string;
  errors: Record<PickerError["code"], string>;
}

export type PartialPickerStrings = Partial<Omit<PickerStrings, "errors">> & {
  errors?: Partial<PickerStrings["errors"]>;
};

/** `<roundel-picker>`: a form field whose value is a set of avatars. */
export class RoundelPicker extends HTMLElement {
  /** The texts of all pickers, in English by default. */
  static strings: PickerStrings;

  /** Sides in pixels or `WIDTHxHEIGHT`, separated by spaces; `256` by default. */
  sizes: string;
  /** `jpeg` (default), `png` or `webp`, or several of them, separated by spaces. WebP needs the option `lossless`. */
  formats: string;
  /** Quality of a JPEG, `1` to `100`. */
  quality: string;
  /** How the crop is shown: `round` (default) or `square`. The files are always rectangles. */
  shape: "round" | "square" | "";
  /** Address of the user's current picture. It is shown until they choose another. */
  src: string;
  /** Name of the form field. */
  name: string;
  required: boolean;
  disabled: boolean;
  /** Further render options. `sizes`, `formats` and `quality` are attributes. */
  get options(): Omit<Options, "crop" | "fit" | "sizes">;
  set options(options: Omit<Options, "crop" | "fit" | "sizes">);
  /** Decoders for formats that are not read without them, as in `render`. */
  decoders: readonly (FormatDecoder | Decoder)[];
  /** The texts of this picker. Set only those that differ from the texts of all pickers. */
  get strings(): PickerStrings;
  set strings(texts: PartialPickerStrings);
  /** The current crop, or null without a photo. A new crop gets the aspect ratio of the avatars. */
  get crop(): CropRect | null;
  set crop(crop: CropRect);

  /** The file that the user chose, unchanged, or null. */
  readonly photo: Blob | null;
  /** The avatars of the current crop, or null if there are none yet. */
  readonly rendered: Rendered | null;
  readonly form: HTMLFormElement | null;
  readonly labels: NodeList;
  readonly type: string;
  readonly validity: ValidityState;
  readonly validationMessage: string;
  readonly willValidate: boolean;
  checkValidity(): boolean;
  reportValidity(): boolean;

  /** Loads a photo as if the user had chosen it. Resolves when it is shown or refused. */
  load(photo: Blob): Promise<void>;
  /** Removes the photo. `undo` brings it back. */
  clear(): void;
  undo(): void;
  redo(): void;
  /** Resolves when no work is under way: false if the last render failed, otherwise true. */
  settled(): Promise<boolean>;

  addEventListener<K extends keyof PickerEventMap>(
    type: K,
    listener: (this: RoundelPicker, event: PickerEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "roundel-picker": RoundelPicker;
  }
}
