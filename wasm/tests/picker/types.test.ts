// Correct and wrong uses of the picker's types. tsc checks this file; it is never run.

import { RoundelPicker, type CropRect } from "../../js/picker/index.js";
import { RoundelPicker as Implementation } from "../../js/picker/element.js";

const picker: RoundelPicker = document.createElement("roundel-picker");
picker.addEventListener("change", ({ detail }) => detail?.avatars[0]!.blob satisfies Blob | undefined);
picker.addEventListener("error", ({ detail }) => detail.code === "no_photo" && detail.message);
picker.options = { background: "ffffff", limits: { pixels: 1e6 } };
picker.strings = { choose: "Foto wählen", errors: { malformed: "Defekt." } };
picker.crop = [0, 0, 10, 10];
const succeeded: boolean = await picker.settled();
const crop: CropRect | null = picker.crop;

// @ts-expect-error sizes are an attribute
picker.options = { sizes: [1] };
// @ts-expect-error there is no such text
picker.strings = { chose: "" };
// @ts-expect-error there is no such shape
picker.shape = "oval";

// The class has the declared members. tsc cannot see those that `reflectAttributes` defines.
type Reflected = "sizes" | "formats" | "quality" | "shape" | "src" | "name" | "required" | "disabled";
const implementation = {} as Implementation satisfies Omit<RoundelPicker, Reflected | "addEventListener">;

export { succeeded, crop, implementation };
