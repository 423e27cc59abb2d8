// What the picker's declarations promise and forbid; checked by tsc, never run.

import { RoundelPicker, type CropRect } from "../../js/picker/index.js";
import { RoundelPicker as Made } from "../../js/picker/element.js";

const picker: RoundelPicker = document.createElement("roundel-picker");
picker.addEventListener("change", ({ detail }) => detail?.avatars[0]!.blob satisfies Blob | undefined);
picker.addEventListener("error", ({ detail }) => detail.code === "no_photo" && detail.text);
picker.options = { background: "ffffff", limits: { pixels: 1e6 } };
picker.strings = { choose: "Foto wählen", errors: { malformed: "Defekt." } };
picker.crop = [0, 0, 10, 10];
const fine: boolean = await picker.settled();
const crop: CropRect | null = picker.crop;

// @ts-expect-error sizes are an attribute
picker.options = { sizes: [1] };
// @ts-expect-error there is no such text
picker.strings = { chose: "" };
// @ts-expect-error there is no such shape
picker.shape = "oval";

// The element is what is declared; what `reflect` gives it, tsc cannot see.
type Reflected = "sizes" | "format" | "quality" | "shape" | "src" | "name" | "required" | "disabled";
const made = {} as Made satisfies Omit<RoundelPicker, Reflected | "addEventListener">;

export { fine, crop, made };
