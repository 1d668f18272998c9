import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import type { Frame } from 'playwright-core';
import { openVSCode, type Window } from './harness.ts';

/** The page that VS Code shows of the installed extension: README.md of the package. */

const code = await openVSCode({ files: { 'a.ts': '' } });
after(() => code.close());

async function openPage(window: Window): Promise<Frame> {
  await window.command('Extensions: Show Installed Extensions');
  await window.page.locator('.extension-list-item', { hasText: 'Gearshift' }).first().click();
  return window.webview('h2#privacy, h2:has-text("Privacy")');
}

interface Picture {
  readonly alt: string;
  /** Whether it has pixels. */
  readonly shown: boolean;
}

async function picturesOf(page: Frame): Promise<readonly Picture[]> {
  return page.locator('img').evaluateAll((images) =>
    Promise.all(
      (images as HTMLImageElement[]).map(async (image) => {
        await image.decode().catch(() => undefined);
        return { alt: image.alt, shown: image.naturalWidth > 0 };
      }),
    ),
  );
}

test(
  "the extension's page reads well and has no broken picture",
  code.inWindow(async (window) => {
    const page = await openPage(window);
    await window.screenshot('extension-page');
    const broken = (await picturesOf(page)).filter(({ shown }) => !shown);
    assert.deepEqual(broken, []);
    for (const heading of ['Install', 'How it compares', 'What a month costs', 'Privacy', 'Keys', 'Settings'])
      assert.equal(await page.locator('h2', { hasText: new RegExp(`^${heading}$`) }).count(), 1, heading);
    await page.locator('h2', { hasText: 'How it compares' }).scrollIntoViewIfNeeded();
    await window.screenshot('extension-page-table');
  }),
);

/** Why the README of the package is without pictures. Once this fails, pictures can be shipped. */
test(
  'VS Code shows no picture of a package on the page, neither by its path nor by its data',
  code.inWindow(async (window) => {
    const folder = path.join(code.dir, 'extensions');
    const name = fs.readdirSync(folder).find((each) => each.startsWith('gearshift.gearshift'));
    assert.ok(name);
    const readme = fs.readdirSync(path.join(folder, name)).find((each) => /^readme\.md$/i.test(each));
    assert.ok(readme);
    const icon = fs.readFileSync(path.join(folder, name, 'media/icon.png')).toString('base64');
    const pictures = `![path](media/icon.png)\n\n![data](data:image/png;base64,${icon})\n\n`;
    const file = path.join(folder, name, readme);
    fs.writeFileSync(file, pictures + fs.readFileSync(file, 'utf8'));
    const page = await openPage(window);
    await window.screenshot('extension-page-pictures');
    assert.deepEqual(await picturesOf(page), [
      { alt: 'path', shown: false },
      { alt: 'data', shown: false },
    ]);
  }),
);
