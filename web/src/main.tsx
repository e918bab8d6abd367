// The page's frame: header with tabs, connection state and theme, and the open tab.
import { signal } from '@preact/signals';
import { render } from 'preact';
import { Node } from './node';
import { connect, connection } from './store';
import './style.css';
import { theme, toggleTheme } from './theme';
import { Weather } from './weather';

type Tab = 'weather' | 'node';
const tabOf = (hash: string): Tab => (hash === '#node' ? 'node' : 'weather');
const tab = signal<Tab>(tabOf(location.hash));
window.addEventListener('hashchange', () => (tab.value = tabOf(location.hash)));

const words = { connecting: 'Connecting…', live: 'Live', reconnecting: 'Reconnecting…' };

function Header() {
  return (
    <header>
      <a class="brand" href="#weather" aria-label="Floe, weather">
        <img src="/icon.svg" alt="" width="26" height="26" />
        Floe
      </a>
      <nav aria-label="Views">
        <a href="#weather" aria-current={tab.value === 'weather' ? 'page' : undefined}>
          Weather
        </a>
        <a href="#node" aria-current={tab.value === 'node' ? 'page' : undefined}>
          Node
        </a>
      </nav>
      <span class="connection" role="status" data-state={connection.value}>
        <span class="lamp" aria-hidden="true" />
        {words[connection.value]}
      </span>
      <button class="icon" type="button" onClick={toggleTheme} aria-label={theme.value === 'dark' ? 'Use the light theme' : 'Use the dark theme'}>
        {theme.value === 'dark' ? (
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <circle cx="12" cy="12" r="4.2" />
            <path d="M12 2.5v2.2M12 19.3v2.2M2.5 12h2.2M19.3 12h2.2M5.3 5.3l1.5 1.5M17.2 17.2l1.5 1.5M5.3 18.7l1.5-1.5M17.2 6.8l1.5-1.5" />
          </svg>
        ) : (
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d="M20 14.2A8.2 8.2 0 0 1 9.8 4a8.2 8.2 0 1 0 10.2 10.2Z" />
          </svg>
        )}
      </button>
    </header>
  );
}

function App() {
  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.getElementById('main')?.focus();
        }}
      >
        Skip to content
      </a>
      <Header />
      <main id="main" tabIndex={-1}>
        <h1 class="hidden">{tab.value === 'weather' ? 'Weather' : 'Node'}</h1>
        {tab.value === 'weather' ? <Weather /> : <Node />}
      </main>
    </>
  );
}

render(<App />, document.getElementById('app')!);
void connect();
