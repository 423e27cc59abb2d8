/** `import "roundel/picker"` defines the element `<roundel-picker>`. */
import { RoundelPicker } from "./element.js";

export { RoundelPicker };

// A second copy of the package must not define the element again.
const registry = globalThis.customElements;
if (registry && !registry.get("roundel-picker")) registry.define("roundel-picker", RoundelPicker);
