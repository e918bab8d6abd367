// Sets the chosen theme before the first paint, so that the page does not flash.
try {
  const theme = localStorage.getItem('floe-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // No storage: the system's preference holds.
}
