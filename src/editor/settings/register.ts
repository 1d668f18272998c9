import { t } from '@vscode/l10n';
import { lineLog } from '../../core/common/logger.ts';
import type { CommandsOf } from '../platform/commands.ts';
import { lazy, type Lazy } from '../platform/lazy.ts';
import type { Services } from '../platform/services.ts';
import type { SettingsPage, SettingsPanel } from './settingsPanel.ts';
import { isDemo } from '../platform/notices.ts';
import { ChoiceLog } from '../platform/choiceLog.ts';
import { WalkthroughSteps } from './walkthrough.ts';

/** The page loads for this long before the code is read that fills it, in ms: what opens it leaves this process first. */
const PAGE_FIRST_MS = 10;

/** The settings page, the walkthrough, keys, and reports of issues. */
export function registerSettings(services: Services): CommandsOf<'settings'> {
  const { context, config, keys, ledger, shared, track, log } = services;
  const page = lazy(async (): Promise<SettingsPage> => {
    const { PagePanel } = await import('../platform/webviewHost.ts');
    return track(new PagePanel(context.extensionUri, { name: 'settings', title: t('Gearshift Settings') }));
  });
  const panel = lazyPanel(services, page);
  const open = async (section?: string): Promise<void> => {
    (await page()).show();
    if (!panel.made) await new Promise((left) => setTimeout(left, PAGE_FIRST_MS));
    (await panel()).show(section);
  };
  shared.provide('openSettings', () => Promise.resolve(open));
  const steps = new WalkthroughSteps();
  track(
    services.onRefresh((tiers) => {
      steps.show({
        local: services.tierSources.get('local')?.(),
        mid: tiers.find(({ tier }) => tier === 'mid'),
        demo: isDemo(config.settings),
        figures: ledger.figures,
        metered: shared.made('meterPanel') !== undefined,
      });
      panel.made?.refresh();
    }),
  );
  return {
    'gearshift.settings.open': () => open(),
    'gearshift.settings.import': async () => (await panel()).import(),
    'gearshift.settings.doctor': async () => (await panel()).examine(),
    'gearshift.settings.localModels': () => open('ollama'),
    'gearshift.walkthrough.open': () => steps.open(),
    'gearshift.docs.open': async () => (await import('./documentation.ts')).openDocumentation(context.extensionUri),
    'gearshift.keys.set': () => keys.pick([...config.settings.providers.values()]),
    'gearshift.reportIssue': async () => (await import('../platform/reportIssue.ts')).reportIssue(context, log),
  };
}

function lazyPanel(services: Services, page: Lazy<SettingsPage>): Lazy<SettingsPanel> {
  const { context, ledger, shared, track, log } = services;
  return lazy(async () => {
    const shown = await page();
    const { SettingsPanel } = await import('./settingsPanel.ts');
    return track(
      new SettingsPanel({
        ...services,
        page: shown,
        circuits: () => services.gateway.circuits(),
        store: () => ledger.ready,
        budgetStates: () => ledger.figures?.budgets ?? [],
        chats: async () => (await import('../platform/chatThreads.ts')).openThreads(context, lineLog(log)),
        uses: () => new ChoiceLog(context.globalState, log).history.uses,
        ledgerNotices: () => ledger.notices,
        modelChange: {
          canGoBack: (tier) => shared.made('evaluation')?.guard.canGoBack(tier) ?? false,
          act: async (tier, use) => {
            const evaluation = await shared.get('evaluation');
            if (use === 'keep') await evaluation.guard.keep(tier);
            else if (use === 'back') await evaluation.guard.goBack(tier);
            else await evaluation.compareChange(tier);
          },
        },
        vsCodeChat: async () => (await shared.get('vsCodeChat')).state(),
        openVsCodeChat: async () => (await shared.get('vsCodeChat')).open(),
        infillTest: async () => (await shared.get('localTier')).testRequest(),
        localModel: async (signal) => (await shared.get('localTier')).check(signal),
        recheckLocal: () => {
          shared.get('localTier').then(
            (local) => local.recheck(),
            (error: unknown) => log.error('local tier', error),
          );
        },
      }),
    );
  });
}
