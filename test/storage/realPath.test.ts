import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { resolveInside } from '../../src/storage/realPath.ts';

const dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'real-path-')));
after(() => fs.rmSync(dir, { recursive: true }));
const folder = path.join(dir, 'tea');
fs.mkdirSync(path.join(folder, 'src'), { recursive: true });
fs.mkdirSync(path.join(dir, 'elsewhere'));
fs.writeFileSync(path.join(folder, 'src/a.ts'), '');
fs.writeFileSync(path.join(dir, 'elsewhere/b.ts'), '');
const resolve = (file: string): Promise<string | null> => resolveInside([folder], path.join(folder, file));

test('files of the folder, and new ones, are where they say', async () => {
  assert.equal(await resolve('src/a.ts'), path.join(folder, 'src/a.ts'));
  assert.equal(await resolve('src/new/deep/c.ts'), path.join(folder, 'src/new/deep/c.ts'));
});

test('T13 a link to the outside is refused: of a file, of a folder, to what does not exist, and swapped in later', async () => {
  fs.symlinkSync(path.join(dir, 'elsewhere/b.ts'), path.join(folder, 'link.ts'));
  fs.symlinkSync(path.join(dir, 'elsewhere'), path.join(folder, 'linked'));
  fs.symlinkSync(path.join(dir, 'elsewhere/new.ts'), path.join(folder, 'dangling.ts'));
  assert.equal(await resolve('link.ts'), null);
  assert.equal(await resolve('linked/b.ts'), null);
  assert.equal(await resolve('linked/new.ts'), null);
  assert.equal(await resolve('dangling.ts'), null);
  assert.equal(await resolve('src/../../elsewhere/b.ts'), null);
  assert.equal(await resolve('src/a.ts/b.ts'), null);

  const before = await resolve('src/new.ts');
  fs.renameSync(path.join(folder, 'src'), path.join(folder, 'src-before'));
  fs.symlinkSync(path.join(dir, 'elsewhere'), path.join(folder, 'src'));
  assert.notEqual(before, null);
  assert.equal(await resolve('src/new.ts'), null);
});

test('a link inside the folder is followed, and so is one that the folder itself is', async () => {
  fs.mkdirSync(path.join(folder, 'lib'));
  fs.symlinkSync(path.join(folder, 'lib'), path.join(folder, 'library'));
  assert.equal(await resolve('library/a.ts'), path.join(folder, 'lib/a.ts'));
  fs.symlinkSync(folder, path.join(dir, 'alias'));
  const alias = path.join(dir, 'alias');
  assert.equal(await resolveInside([alias], path.join(alias, 'lib/a.ts')), path.join(folder, 'lib/a.ts'));
});
