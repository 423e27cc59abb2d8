// Applied before the page is drawn. Not a module, because modules run later.
try {
  document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "auto";
} catch {
  // A browser that blocks storage follows the system.
  document.documentElement.dataset.theme = "auto";
}
