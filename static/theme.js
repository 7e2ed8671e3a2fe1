// Runs before the page is drawn: marks that script runs, and turns the choice "auto" into what the system prefers.
// Without script the style sheet does the same for almost everything.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  if (root.dataset.bsTheme !== "auto") return;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    root.dataset.bsTheme = dark.matches ? "dark" : "light";
  };
  follow();
  dark.addEventListener("change", follow);
})();
