/** Binds the controls that play the page's author to the picker's attributes. */
export function showAuthorsChoices(picker) {
  for (const name of ["sizes", "format", "shape"]) {
    const select = document.getElementById(name);
    select.addEventListener("change", () => (picker[name] = select.value));
  }
  const quality = document.getElementById("quality");
  const shown = document.getElementById("quality-shown");
  quality.addEventListener("input", () => (shown.value = quality.value));
  quality.addEventListener("change", () => (picker.quality = quality.value));
}
