import assert from 'node:assert/strict';
import test from 'node:test';
import { setIgnoredFolders } from '../../../src/core/privacy/ignoredFiles.ts';
import { isSecretFile, setIgnoredFiles } from '../../../src/core/privacy/sensitiveFiles.ts';

const SECRET = [
  '.env', '.env.local', '.env.production', '.env.example.local', 'app/.env.test', 'prod.env', '.envrc', '.dev.vars', '.flaskenv',
  'server.pem', 'tls.key', 'cert.p12', 'cert.pfx', 'ca.crt', 'AuthKey_2X9R4HXF34.p8', 'putty.ppk', 'office.ovpn', 'debug.jks',
  'id_rsa', 'id_ed25519', 'id_ecdsa_sk', '.ssh/config', 'ssh_host_rsa_key', 'keys.txt.age', 'key.properties',
  '/home/me/.aws/credentials', '/home/me/.aws/config', '/home/me/.azure/accessTokens.json', '/home/me/.oci/config',
  '/home/me/.config/gcloud/application_default_credentials.json', '/home/me/.kube/config', 'prod.kubeconfig', '.docker/config.json',
  'application_default_credentials.json', 'google-credentials.json', 'tea-prod-firebase-adminsdk-x1y2z.json',
  'my-service-account.json', 'service-account-prod.json', 'client_secret_123.apps.googleusercontent.com.json',
  '.npmrc', '.yarnrc.yml', '.pypirc', '.netrc', '_netrc', '.pgpass', '.my.cnf', '.htpasswd', '.git-credentials', '.s3cfg', '.boto',
  '.databrickscfg', 'rclone.conf', 'wg0.conf', 'kaggle.json', 'auth.json', '.vault-token', '.vault_pass', '.vault-password.txt',
  'credentials.json', 'secrets.yaml', 'secrets.prod.yaml', 'passwords.txt', 'token.json', 'api_keys.csv', 'config/secrets/db.yml',
  'terraform.tfvars', 'terraform.tfstate', '.terraformrc', 'credentials.tfrc.json', 'prod.auto.tfvars.json',
  'vault.kdbx', 'release.keystore', 'C:\\Users\\me\\.ssh\\id_rsa', 'config/master.key', 'config/credentials.yml.enc', '.ENV',
  'config/database.yml', 'wp-config.php', 'appsettings.Production.json', 'local.settings.json', 'gradle.properties',
  'settings.xml', '.m2/settings-security.xml', 'local.properties', '/home/me/.cargo/credentials.toml',
  '.continue/config.yaml', '/home/me/.continue/config.json', '/home/me/.claude/.credentials.json', '/home/me/.codex/auth.json',
  '.bash_history', '.zsh_history', '.python_history', '.psql_history', '.mysql_history', '.node_repl_history', '.rediscli_history',
  '.env~', '.env.bak', 'id_rsa.old', 'server.key.orig', '.npmrc.1', 'credentials.json.2026-01-02', '.env.swp',
  'kubeconfig.yaml', 'k3s.yaml', 'vault.yml', '.sentryclirc', 'google-services.json', 'pip.conf', 'sftp-config.json',
  'logins.json', 'cookies.sqlite', 'mnemonic.txt', 'github-recovery-codes.txt', 'private_key.txt', 'serviceAccountKey.json',
  '.circleci/cli.yml', '.ethereum/keystore/a', '.snowsql/config', 'env.php',
  '/home/me/.config/Code/User/settings.json', '/home/me/.vscode-server/data/Machine/settings.json',
  '.env ', '.env.', '.env::$DATA', 'app/.env. .', '．env', '.\u200benv', '.e\u00adnv', 'id_rsa::$data', 'ｉｄ_ｒｓａ', 'env.production',
  'application-prod.yml', 'bootstrap-staging.properties', 'me.agekey',
  '.config/gh/hosts.yml', 'wallet.dat', 'backup.gpg', '.password-store/mail.gpg',
]; // prettier-ignore
const INNOCENT = [
  'environment.ts', 'keyboard.ts', 'env.ts', '.env.example', '.env.local.example', '.env.sample', '.env.template', 'env.d.ts', '.env.d.ts',
  'key.ts', 'keys.go', 'monkey.py', 'credentials.ts', 'secretFiles.ts', 'secrets.test.ts', 'pem.rs', 'certificate.java', 'awsClient.ts',
  'ssh/config.go', 'tokens.ts', 'tokens.css', 'dockerfile', 'kubernetes/config.ts', 'passwordField.tsx', 'history.ts', 'bash.md',
  'database.ts', 'database.yml.ts', 'settings.json', '.vscode/settings.json', 'config.yaml', 'src/config/config.json', 'auth.ts',
  'auth.service.ts', 'serviceAccount.ts', 'gradle.properties.kts', 'build.gradle', 'appsettings.json', 'wp-content.php', 'package.json',
  'README.md', 'shell.ts', 'sh.py', 'node_modules/history/index.js', 'pages/passwords.vue', 'design-tokens.json', 'tokens.json', 'keymap.json',
  'secrets/index.ts', 'php', 'python', 'node', 'fish.ts', 'irb.rb', 'mongo.ts', 'credentialsProvider.json.ts', 'history', 'bash',
  'a.ts.bak', 'notes~', 'recovery.ts', 'seed.ts', 'cookie.ts', 'cookies.ts', 'pip.ts', 'vault.ts', 'mnemonic.ts', 'data.2026',
  'application.yml', 'application-test.yml', 'env.ts', 'notes.', 'a.ts::$DATA', '...', 'env.production.ts',
]; // prettier-ignore

test('T17: there are at least 60 names of each kind that matter', () => {
  assert.ok(SECRET.length >= 60 && INNOCENT.length >= 40);
});

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
