import { render } from 'preact';
import { App } from './chatApp.tsx';
import { connect } from './chatStore.ts';

const root = document.getElementById('root');
if (root) {
  render(<App />, root);
  connect();
}
