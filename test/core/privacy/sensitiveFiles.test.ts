import assert from 'node:assert/strict';
import test from 'node:test';
import { setIgnoredFolders } from '../../../src/core/privacy/ignoredFiles.ts';
import { isSecretFile, setIgnoredFiles } from '../../../src/core/privacy/sensitiveFiles.ts';

const SECRET = [
  '.env', '.env.local', '.env.production', 'app/.env.test', 'prod.env', '.envrc', 'server.pem', 'tls.key', 'cert.p12',
  'cert.pfx', 'ca.crt', 'id_rsa', 'id_ed25519', '.ssh/config', '/home/me/.aws/credentials', '/home/me/.aws/config',
  '/home/me/.config/gcloud/application_default_credentials.json', '/home/me/.kube/config', '.npmrc', '.pypirc', '.netrc',
  '.pgpass', 'credentials.json', 'secrets.yaml', 'service-account-prod.json', 'terraform.tfvars', 'terraform.tfstate',
  'vault.kdbx', 'release.keystore', 'C:\\Users\\me\\.ssh\\id_rsa', 'config/master.key', '.docker/config.json', '.ENV',
]; // prettier-ignore
const INNOCENT = [
  'environment.ts', 'keyboard.ts', 'env.ts', '.env.example', 'env.d.ts', '.env.d.ts', 'key.ts', 'keys.go', 'monkey.py',
  'credentials.ts', 'secretFiles.ts', 'secrets.test.ts', 'pem.rs', 'certificate.java', 'awsClient.ts', 'ssh/config.go',
  'tokens.ts', 'dockerfile', 'kubernetes/config.ts', 'passwordField.tsx',
]; // prettier-ignore

test('T17: files that hold secrets are known by their names', () => {
  assert.deepEqual(
    SECRET.filter((path) => !isSecretFile(path)),
    [],
  );
});

test('T17: files that only sound like it are not', () => {
  assert.deepEqual(
    INNOCENT.filter((path) => isSecretFile(path)),
    [],
  );
});

test('what the user shows to no model is secret too, by full path and by path in the workspace', (t) => {
  t.after(() => setIgnoredFiles([]));
  setIgnoredFiles(['*.sql', 'customers/**', '/data/raw', '**/legacy/*.{c,h}', '[', '']);
  for (const path of [
    'a.sql',
    '/home/me/app/db/A.SQL',
    'customers/a.ts',
    'C:\\app\\customers\\x\\b.ts',
    'data/raw',
    'x/legacy/a.c',
  ])
    assert.ok(isSecretFile(path), path);
  for (const path of ['a.sqlx', 'customers.ts', 'data/raw.ts', 'legacy/sub/a.c', 'src/index.ts'])
    assert.ok(!isSecretFile(path), path);
  setIgnoredFiles([]);
  assert.ok(!isSecretFile('a.sql') && isSecretFile('.env'));
});

test('a folder in the list hides all that is in it, wherever it is, and nothing that only begins like it', (t) => {
  t.after(() => {
    setIgnoredFiles([]);
    setIgnoredFolders([]);
  });
  for (const glob of [
    'customers',
    'customers/',
    '/customers',
    './customers',
    'customers/**',
    '**/customers',
    'Customers\\\\',
  ])
    for (const path of [
      'customers/a.ts',
      'src/customers/deep/b.sql',
      '/home/me/app/customers/x/y/z.md',
      'C:\\app\\customers\\c.ts',
      'CUSTOMERS/d.ts',
    ]) {
      setIgnoredFiles([glob]);
      assert.ok(isSecretFile(path), `${glob} hides ${path}`);
      for (const other of ['customers.ts', 'src/customersList/a.ts', 'src/my-customers/a.ts'])
        assert.ok(!isSecretFile(other), `${glob} does not hide ${other}`);
    }
  setIgnoredFiles(['src/data', 'gr\u00f6\u00dfe', '*.d']);
  for (const path of ['src/data/a.ts', 'app/src/data/x/a.ts', 'gro\u0308\u00dfe/a.ts', 'conf.d/a.ini'])
    assert.ok(isSecretFile(path), path);
  for (const path of ['data/a.ts', 'src/a.ts', 'src/data.ts']) assert.ok(!isSecretFile(path), path);
});

test('a name in the list means nothing above the workspace', (t) => {
  t.after(() => {
    setIgnoredFiles([]);
    setIgnoredFolders([]);
  });
  setIgnoredFiles(['src', 'me']);
  setIgnoredFolders(['/home/me/src/app', '/home/me/src/app/packages/one', '/c:/Work/src/app']);
  for (const path of ['/home/me/src/app/a.ts', '/home/me/src/app/packages/one/a.ts', 'c:\\work\\src\\app\\lib\\a.ts'])
    assert.ok(!isSecretFile(path), path);
  for (const path of [
    '/home/me/src/app/src/a.ts',
    '/home/me/src/app/packages/one/me/a.ts',
    'C:\\Work\\src\\app\\src\\a.ts',
  ])
    assert.ok(isSecretFile(path), path);
});
