import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withStrictAnswer } from './strict-server.mjs';

/** As VS Code 1.139 has it, in a bundle that answers with yes. */
const CODE =
  "x;function uc(s,o){return!0}function Dst(s,o){if(!uc(s,o))throw new Error(`Extension '${s.identifier.value}' CANNOT use API proposal: ${o}.`)}";

test('the copy answers with what an extension declares, and code of another shape is reported', () => {
  const strict = withStrictAnswer(CODE);
  assert.ok(strict);
  const check = new Function(`let x;${strict};return uc`)() as (extension: object, proposal: string) => boolean;
  assert.equal(check({ enabledApiProposals: ['chatProvider@4', 'other'] }, 'chatProvider'), true);
  assert.equal(check({ enabledApiProposals: ['other'] }, 'chatProvider'), false);
  assert.equal(check({}, 'chatProvider'), false);
  assert.equal(withStrictAnswer('function uc(s,o){return!0}'), undefined);
});
