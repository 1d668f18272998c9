import { render } from 'preact';
import { App } from './app.tsx';
import { connect } from './store.ts';

const root = document.getElementById('root');
if (root) {
  render(<App />, root);
  connect();
}
