// Correct and wrong uses of the types. tsc checks this file; it is never run.

import { heic } from "../js/heic/index.js";
import { probe, render, renderHere, RoundelError, type Decoder, type Options, type Source } from "../js/index.js";

const options: Options = { sizes: [512, [300, 200]], crop: [0.5, 0.25], background: null };
const photo = new File([], "photo.jpg");
const { signal } = new AbortController();

const { avatars, placeholder } = await render(photo, options, { signal, onProgress: (stage) => stage === "plan" });
const blob: Blob = avatars[0]!.blob;
const hash: Uint8Array = placeholder.thumbhash;
const source: Source = await probe(new ArrayBuffer(8), { limits: { pixels: 1 } });
await renderHere(new Uint8Array(), { crop: "north" });
const custom: Decoder = { decode: async () => undefined };
await render(photo, {}, { decoders: [heic, custom] });

const crop: readonly [number, number, number, number] = avatars[0]!.crop;
const featureOf = (error: unknown): string | undefined => (error instanceof RoundelError ? error.feature : undefined);
const offsetOf = (error: unknown) => error instanceof RoundelError && error.code === "malformed" && error.offset;

// @ts-expect-error a path is not a photo
await render("photo.jpg");
// @ts-expect-error an unknown option
await render(photo, { size: 256 });
// @ts-expect-error an unknown format
await render(photo, { format: "avif" });
// @ts-expect-error not a decoder
await render(photo, {}, { decoders: ["heic"] });
// @ts-expect-error there is no such stage
await render(photo, {}, { onProgress: (stage) => stage === "load" });

export { blob, hash, source, crop, featureOf, offsetOf };
