// Dark or light: the system's choice until the user makes one.
import { signal } from '@preact/signals';

export type Theme = 'dark' | 'light';

const light = window.matchMedia('(prefers-color-scheme: light)');
const chosen = (): Theme | null => {
  const theme = document.documentElement.dataset.theme;
  return theme === 'dark' || theme === 'light' ? theme : null;
};

export const theme = signal<Theme>(chosen() ?? (light.matches ? 'light' : 'dark'));

light.addEventListener('change', () => {
  if (!chosen()) theme.value = light.matches ? 'light' : 'dark';
});

export function toggleTheme(): void {
  const next: Theme = theme.value === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  theme.value = next;
  try {
    localStorage.setItem('floe-theme', next);
  } catch {
    // The choice lasts for this visit.
  }
}
