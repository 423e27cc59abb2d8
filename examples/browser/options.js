/** Connects the controls on the page with the picker's attributes. */
export function bindOptionControls(picker) {
  for (const name of ["sizes", "format", "shape"]) {
    const select = document.getElementById(name);
    select.addEventListener("change", () => (picker[name] = select.value));
  }
  const quality = document.getElementById("quality");
  const output = document.getElementById("quality-shown");
  quality.addEventListener("input", () => (output.value = quality.value));
  quality.addEventListener("change", () => (picker.quality = quality.value));
}
