import tseslint from 'typescript-eslint';
import { roomsRule } from './test/tools/roomsRule.mjs';
import { wordsRule } from './test/tools/wordsRule.mjs';

export default tseslint.config(
  { ignores: ['dist/', 'dist-test/', 'node_modules/', 'test/fixtures/', 'test-results/', '.vscode-test/'] },
  ...tseslint.configs.recommended,
  {
    files: ['src/**/*.{ts,tsx}', 'test/**/*.ts'],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['test', 'it', 'describe', 'suite'] },
          ],
        },
      ],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    plugins: { gearshift: { rules: { rooms: roomsRule, words: wordsRule } } },
    rules: { 'no-console': 'error', eqeqeq: 'error', 'gearshift/rooms': 'error', 'gearshift/words': 'error' },
  },
  {
    files: ['src/editor/**/*.ts'],
    ignores: ['src/editor/platform/messages.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            "MemberExpression[object.property.name='window'][property.name=/^(show(Information|Warning|Error)Message|withProgress)$/]",
          message: 'Import it from platform/messages.ts: text of others must make no link.',
        },
      ],
    },
  },
  {
    // The core and the protocol run in every JavaScript host: no Node, no DOM, no worker.
    files: ['src/{core,protocol}/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['Buffer', 'process', 'global', 'require', '__dirname', '__filename', 'setImmediate', 'clearImmediate'],
        ...['window', 'document', 'navigator', 'localStorage', 'self', 'postMessage', 'importScripts'],
      ],
      'no-restricted-syntax': ['error', { selector: "TSQualifiedName[left.name='NodeJS']", message: 'No Node types.' }],
    },
  },
  {
    // CommonJS has no other way to import.
    files: ['**/*.cjs'],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);
