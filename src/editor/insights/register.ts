import type { CommandsOf } from '../platform/commands.ts';
import type { Services } from '../platform/services.ts';
import { watchDay } from '../../core/insights/watchWeek.ts';
import type { Authorship } from '../../core/insights/authorship.ts';
import type { MeterPanel } from './insightsPanel.ts';
import type { OutcomeWatch } from './outcomeWatch.ts';
import { WATCHED } from './memory.ts';
import { StatusMeter } from './statusMeter.ts';

declare module '../platform/sharedParts.ts' {
  interface SharedPartTypes {
    readonly outcomes: OutcomeWatch;
    readonly authorship: Authorship;
    readonly meterPanel: MeterPanel;
  }
}

/** No suggestion comes in the first moments, so what becomes of them is not watched yet. In ms. */
const WATCH_AFTER_MS = 500;

const dayOfWatch = (since: number | undefined): number | undefined =>
  since === undefined ? undefined : watchDay(since, Date.now());

/** The meter in the status bar and its page, and what becomes of suggestions and edits. */
export function registerInsights(services: Services): CommandsOf<'insights'> {
  const { context, config, ledger, shared, track, changed, log } = services;
  shared.provide('authorship', async () => {
    const { createAuthorship } = await import('./authorship.ts');
    return createAuthorship(context.workspaceState, log);
  });
  shared.provide('outcomes', async () => {
    const { OutcomeWatch } = await import('./outcomeWatch.ts');
    const authorship = await shared.get('authorship');
    const watch = track(
      new OutcomeWatch(
        () => ledger.ready,
        log,
        ({ by, pieces }) =>
          authorship.note(
            by.model,
            pieces.map(({ text }) => text),
          ),
      ),
    );
    ledger.beforeClosing(() => watch.end());
    return watch;
  });
  shared.provide('meterPanel', async () => {
    const { MeterPanel } = await import('./insightsPanel.ts');
    return track(
      new MeterPanel({
        ...services,
        extensionUri: context.extensionUri,
        store: () => ledger.ready,
        figures: () => ledger.figures,
        now: Date.now,
        insights: { ...services, memento: context.globalState, store: () => ledger.ready, now: Date.now },
      }),
    );
  });
  const status = track(new StatusMeter());
  track(
    services.onRefresh((tiers) => {
      status.show({
        figures: ledger.figures,
        tiers,
        completionsOn: config.settings.completions.enabled,
        notices: services.notices(),
        currency: config.settings.insights.currency,
        watchDay: dayOfWatch(context.globalState.get<number>(WATCHED)),
      });
      shared.made('meterPanel')?.refresh();
    }),
  );
  // Other extensions are waiting to be activated: the first picture comes after them.
  const first = setImmediate(changed);
  track({ dispose: () => clearImmediate(first) });
  const watch = setTimeout(() => {
    shared.get('outcomes').catch((error: unknown) => log.error('outcomes', error));
  }, WATCH_AFTER_MS);
  track({ dispose: () => clearTimeout(watch) });
  return {
    'gearshift.walkthrough.month': async () => {
      const { openAfterMonth } = await import('./afterMonth.ts');
      const { settings } = config;
      await openAfterMonth({ store: await ledger.ready, settings, memento: context.globalState, now: Date.now() });
    },
    'gearshift.meter.open': async () => {
      (await shared.get('meterPanel')).show();
      changed();
    },
  };
}
