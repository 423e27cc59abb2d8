/**
 * `import "roundel/picker"` defines `<roundel-picker>`: a person's photo goes in, the avatars
 * that core renders of the part they choose come out.
 */
import { RoundelPicker } from "./element.js";

export { RoundelPicker };

const registry = globalThis.customElements;
if (registry && !registry.get("roundel-picker")) registry.define("roundel-picker", RoundelPicker);
