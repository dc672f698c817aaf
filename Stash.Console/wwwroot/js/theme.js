// Runs before the first paint: sets the document's theme from the remembered choice, else from the system.
(() => {
  const key = "stash-theme";
  const system = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;

  const choice = () => {
    try {
      return localStorage.getItem(key) ?? "system";
    } catch {
      return "system";
    }
  };

  const apply = () => {
    const chosen = choice();
    const theme = chosen === "dark" || (chosen !== "light" && system.matches) ? "dark" : "light";
    root.dataset.theme = theme;
    root.style.colorScheme = theme;
    document.dispatchEvent(new CustomEvent("stash-theme", { detail: theme }));
  };

  const choose = (chosen) => {
    try {
      localStorage.setItem(key, chosen);
    } catch {
      // A browser that keeps nothing still switches for this page.
    }
    apply();
  };

  system.addEventListener("change", apply);
  addEventListener("storage", (event) => event.key === key && apply());
  window.stashTheme = { choice, choose };
  apply();
})();
