import { signal } from '@preact/signals';
import { config } from '@vscode/l10n';
import { render } from 'preact';
import type { MeterFromPage, MeterState, MeterToPage } from '../../protocol/insights.ts';
import type { InsightsView } from '../../protocol/insightsView.ts';
import { openChannel } from '../shared/vscodeApi.ts';
import { App } from './insightsApp.tsx';
import { setLanguage } from '../../core/common/language.ts';

/** The meter's page has no state of its own: it draws what the host said last. */
const state = signal<MeterState | undefined>(undefined);
const insights = signal<InsightsView | undefined>(undefined);
const translated = signal(false);
const channel = openChannel<MeterToPage, MeterFromPage>();

const root = document.getElementById('root');
if (root) {
  render(<Page />, root);
  channel.onMessage((message) => {
    switch (message.kind) {
      case 'init':
        setLanguage(document.documentElement.lang);
        config({ contents: message.l10n });
        translated.value = true;
        break;
      case 'state':
        state.value = message.state;
        break;
      case 'insights':
        insights.value = message.insights;
        break;
    }
  });
  channel.post({ kind: 'ready' });
}

function Page() {
  return (
    <App
      state={translated.value ? state.value : undefined}
      insights={insights.value}
      post={(message) => channel.post(message)}
    />
  );
}
