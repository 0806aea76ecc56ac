// Runs before the first paint: light or dark as the system says.
(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => { document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light"; };
  apply();
  dark.addEventListener("change", () => { apply(); document.dispatchEvent(new Event("theme")); });
})();
