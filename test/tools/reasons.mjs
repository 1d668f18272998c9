/** `npm run reasons`: writes docs/routing-reasons.md, the table of every reason that Auto can give. */
import fs from 'node:fs';
import path from 'node:path';
import { ROOT, start } from './bootstrap.mjs';

await start(async () => {
  const { claimsTable } = await import('../support/routingClaims.ts');
  fs.writeFileSync(path.join(ROOT, 'docs/routing-reasons.md'), claimsTable());
});
