import type { Format, Options } from "../options.js";
import type { Decoder, Rendered, RoundelError, Stage } from "../index.js";

/** What the person is told, and by which code; `error` is what was thrown. */
export interface Refusal {
  /** A code of roundel, or `no_photo` (nothing in what was given), `no_camera`, `unreadable` (gone). */
  code: RoundelError["code"] | "no_photo" | "no_camera" | "unreadable";
  text: string;
  error: unknown;
}

/** What is done of the work under way. */
export interface Progress {
  stage: Stage;
  done: number;
  of: number;
}

/** A part of the upright photo in its pixels: `[x, y, width, height]`. */
export type CropRect = [x: number, y: number, width: number, height: number];

export interface PickerEventMap extends HTMLElementEventMap {
  /** The avatars of the crop that was settled on, or null when the photo was taken away. */
  change: CustomEvent<Rendered | null>;
  /** The photo is being moved. */
  input: CustomEvent<{ crop: CropRect }>;
  /** A file, or a render, was refused; the person has been told. Does not bubble. */
  error: CustomEvent<Refusal>;
  /** A stage is done. Does not bubble. */
  progress: CustomEvent<Progress>;
}

/** Every text, by name; see `strings.js` for what each says in English. */
export interface PickerStrings {
  label: string;
  drop: string;
  paste: string;
  choose: string;
  camera: string;
  shutter: string;
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
  recentre: string;
  replace: string;
  remove: string;
  restore: string;
  previews: string;
  preview: string;
  size: string;
  sizeBoth: string;
  bytes: string;
  opening: string;
  opened: string;
  moved: string;
  removed: string;
  enlarged: string;
  still: string;
  required: string;
  errors: Record<Refusal["code"], string>;
}

export type SomePickerStrings = Partial<Omit<PickerStrings, "errors">> & {
  errors?: Partial<PickerStrings["errors"]>;
};

/** `<roundel-picker>`: a form field whose value is a person's avatars. */
export class RoundelPicker extends HTMLElement {
  /** The texts of all pickers, in English unless they are changed. */
  static strings: PickerStrings;

  /** Sides in pixels or `WIDTHxHEIGHT`, with spaces between; `256` by default. */
  sizes: string;
  /** `jpeg` (by default), `png` or `webp`. */
  format: Format | "";
  /** Of a JPEG, `1` to `100`. */
  quality: string;
  /** How the crop is shown: `round` (by default) or `square`. The files are rectangles. */
  shape: "round" | "square" | "";
  /** Address of the picture that the person has now: shown until they choose another. */
  src: string;
  /** Name of the form field. */
  name: string;
  required: boolean;
  disabled: boolean;
  /** Further render options. `sizes`, `format` and `quality` are attributes. */
  get options(): Omit<Options, "crop" | "fit" | "sizes">;
  set options(options: Omit<Options, "crop" | "fit" | "sizes">);
  /** Asked for formats that neither core nor the browser reads, as in `render`. */
  decoders: readonly Decoder[];
  /** Texts that differ from those of all pickers. */
  get strings(): PickerStrings;
  set strings(texts: SomePickerStrings);
  /** What is shown; reshaped to the avatars' proportions. Null without a photo. */
  get crop(): CropRect | null;
  set crop(crop: CropRect);

  /** The photo as it came, or null. */
  readonly photo: Blob | null;
  /** The avatars of the crop that is shown, or null while there are none. */
  readonly rendered: Rendered | null;
  readonly form: HTMLFormElement | null;
  readonly labels: NodeList;
  readonly type: string;
  readonly validity: ValidityState;
  readonly validationMessage: string;
  readonly willValidate: boolean;
  checkValidity(): boolean;
  reportValidity(): boolean;

  /** Reads a photo as if the person had chosen it. Resolves when it is shown or refused. */
  load(photo: Blob): Promise<void>;
  /** Takes the photo away; `undo` brings it back. */
  clear(): void;
  undo(): void;
  redo(): void;
  /** Resolves when no work is under way: false if the last render was refused. */
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
