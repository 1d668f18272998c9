import { render } from 'preact';
import { App } from './settingsApp.tsx';
import { connect } from './settingsStore.ts';

const root = document.getElementById('root');
if (root) {
  render(<App />, root);
  connect();
}
