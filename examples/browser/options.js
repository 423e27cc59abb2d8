/** Connects the controls on the page with the picker's attributes. */
export function bindOptionControls(picker) {
  for (const name of ["sizes", "shape"]) {
    const select = document.getElementById(name);
    select.addEventListener("change", () => (picker[name] = select.value));
  }
  const formats = document.getElementById("formats");
  formats.addEventListener("change", () => {
    // Lossy WebP is not written in the browser, and a JPEG cannot be lossless.
    picker.options = { ...picker.options, lossless: formats.value === "webp" };
    picker.formats = formats.value;
  });
  const quality = document.getElementById("quality");
  const output = document.getElementById("quality-shown");
  quality.addEventListener("input", () => (output.value = quality.value));
  quality.addEventListener("change", () => (picker.quality = quality.value));
}
