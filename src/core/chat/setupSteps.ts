import { t } from '@vscode/l10n';
import { brandOf } from '../common/brands.ts';
import type { SetupGap } from '../common/failures.ts';
import type { NextStep } from '../gateway/describeFailure.ts';

/** Something that is missing before a model can answer, and the step that helps. */
export interface SetupStep {
  /** For example `mid: OpenRouter has no API key.`; empty for a step that always helps. */
  readonly words: string;
  readonly next: Exclude<NextStep, 'none'>;
  /** The provider that it is about, by its name in the settings; empty for none. */
  readonly provider: string;
}

/** The steps that close some gaps, in their order, and the walkthrough for users who want to be led; none without a gap. */
export function setupSteps(gaps: readonly SetupGap[]): SetupStep[] {
  if (gaps.length === 0) return [];
  return [...gaps.flatMap(stepsFor), { words: '', next: 'get-started', provider: '' }];
}

function stepsFor({ tier, why, provider = '' }: SetupGap): SetupStep[] {
  switch (why) {
    case 'no-key':
      return [{ words: t('{0}: {1} has no API key.', tier, brandOf(provider)), next: 'set-key', provider }];
    case 'no-model':
      return [{ words: t('{0}: no model is set.', tier), next: 'settings', provider: '' }];
    case 'no-chat-model':
      return [
        {
          words: t('{0}: no model on this computer is set to answer questions.', tier),
          next: 'choose-local',
          provider: '',
        },
        { words: '', next: 'set-up-ollama', provider: '' },
      ];
  }
}
