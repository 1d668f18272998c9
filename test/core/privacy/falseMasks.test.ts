import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { countSecrets, maskSecrets } from '../../../src/core/privacy/maskSecrets.ts';
import { drawn, hex, nameOf } from './secretForms.ts';

/** Text that looks like a secret and is none: masking it would only hide code from the model. */

const BASE64 = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/';
/** Languages of which the project or its dependencies hold source files. */
const LANGUAGES = new Set(
  '.ts .tsx .mts .cts .js .jsx .mjs .cjs .json .css .scss .html .md .yml .yaml .sh .py .c .h .cc .cpp .go .rs .java .rb .php .xml .svg .toml'.split(
    ' ',
  ),
);

test('of 200 innocent strings at most two are masked', () => {
  const innocent = [
    ...Array.from({ length: 40 }, (_, i) => `commit ${hex(40, `c${i}`)}`),
    ...Array.from({ length: 30 }, (_, i) => `sha256:${hex(64, `s${i}`)}`),
    ...Array.from({ length: 30 }, () => `id: ${randomUUID()}`),
    ...Array.from({ length: 30 }, (_, i) => `"integrity": "sha512-${drawn(86, `i${i}`)}=="`),
    ...Array.from({ length: 30 }, (_, i) => `url(data:image/png;base64,${drawn(200, `b${i}`)})`),
    'const password = process.env.PASSWORD;',
    'password: string',
    'password: z.string().min(8)',
    "password = getpass.getpass('Password: ')",
    'const token = await getToken(user);',
    'token: TokenKind.Identifier',
    'tokens = estimateTokens(text)',
    "apiKey: 'your-api-key-here'",
    'api_key="<YOUR_API_KEY>"',
    'API_KEY=${API_KEY}',
    'secret: ${{ secrets.NPM_TOKEN }}',
    'password: "changeme"',
    "passwordField: 'input[name=password]'",
    'const maxTokens = 8192;',
    'maxTokens: 16_384',
    "tokenType: 'Bearer'",
    'secretName: my-app-tls',
    'https://example.com/a:b@c',
    'git@github.com:ada/tea.git',
    'http://localhost:11434/api/generate',
    'accessKey="k"',
    'function validatePassword(password: string): boolean {',
    "label: t('Password')",
    'if (token === undefined) return;',
    'token.length > 0',
    'private_key_path = "/etc/ssl/private/key.pem"',
    'passwordHash: bcrypt.hashSync(password, 10)',
    'sk-learn is a library',
    'hf_transfer is fast',
    'key-value store',
    'const tokenizer = new Tokenizer();',
    'CSRF_TOKEN_HEADER = "X-CSRF-Token"',
    'secret = input("Enter the secret: ")',
    'PASSWORD_MIN_LENGTH = 12',
    'credentials: "include"',
    'token = tokens[index]',
    'token: "keyword.control"',
    'export const API_KEY_HEADER = "x-api-key";',
    'secretKeyRef: { name: db, key: password }',
    'access_token_expires_in: 3600',
    'export type Token = string;',
    'lorem ipsum dolor sit amet consectetur',
    'AKIA is how AWS keys begin',
    'eyJ is how tokens begin',
    '-----BEGIN CERTIFICATE-----',
    '-----BEGIN PUBLIC KEY-----',
  ];
  assert.ok(innocent.length >= 200);
  const masked = innocent.filter((text) => maskSecrets(text, nameOf).count > 0);
  assert.ok(masked.length <= 2, masked.join('\n'));
});

test('T18 hashes, identifiers, styles, expressions and pictures are no secrets, under whatever seed', () => {
  const innocent: readonly ((seed: string) => string)[] = [
    (s) => `commit ${hex(40, s)}`,
    (s) => `index ${hex(7, s)}..${hex(7, `${s}b`)} 100644`,
    (s) => `"resolved": "https://registry.example.com/a/-/a-1.0.0.tgz#${hex(40, s)}"`,
    (s) => `"integrity": "sha512-${drawn(86, s, BASE64)}=="`,
    (s) => `<script integrity="sha384-${drawn(64, s, BASE64)}" crossorigin="anonymous">`,
    (s) => `golang.org/x/text v0.3.0 h1:${drawn(43, s, BASE64)}=`,
    (s) => `checksum = "${hex(64, s)}"`,
    (s) => `--hash=sha256:${hex(64, s)} \\`,
    (s) => `image: postgres@sha256:${hex(64, s)}`,
    () => `const id = '${randomUUID()}';`,
    (s) => `<Project Guid="{${randomUUID().toUpperCase()}}" key="${s}">`,
    (s) => `background: url(data:image/png;base64,${drawn(400, s, BASE64)}=);`,
    (s) => `<img src="data:image/svg+xml;base64,${drawn(300, s, BASE64)}" alt="key">`,
    (s) => `.css-${drawn(8, s)} { color: #${hex(6, s)}; transition: all 0.3s cubic-bezier(0.25, 0.8, 0.25, 1); }`,
    (s) => `const TOKEN_${hex(2, s).toUpperCase()} = /^[A-Za-z0-9_-]{${hex(1, s)}1,64}$/;`,
    (s) => `import { tokenCredential${hex(1, s)} } from '@azure/identity/dist/credentials/tokenCredential2.js';`,
    (s) => `export class AbstractUserPasswordAuthenticationTokenFactory${hex(1, s)}Bean {}`,
    (s) => `primaryKey: '${randomUUID()}', sortKey: '${s}'`,
    (s) => `cacheKey = "user-profile-cache-2024-${s}"`,
    (s) => `{ "key": "${hex(64, s)}", "publicKey": "${drawn(43, s, BASE64)}=" }`,
    (s) => `token = tokens[${hex(1, s)}].next.value2`,
    (s) => `keyCode === 13 && event.key === 'Enter${s.length}'`,
    (s) => `maxTokens: 8192, tokenLimit: '${s.length}k', tokenType: 'oauth2-v${s.length}'`,
    (s) => `sourceMappingURL=data:application/json;base64,${drawn(300, s, BASE64)}`,
    (s) => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${drawn(43, s, BASE64)} ada@tea`,
    (s) =>
      `-----BEGIN CERTIFICATE-----\n${drawn(64, s, BASE64)}\n${drawn(64, `${s}b`, BASE64)}\n-----END CERTIFICATE-----`,
    (s) => `${hex(64, s)}\n${hex(64, `${s}b`)}\n${hex(64, `${s}c`)}`,
  ];
  const masked = innocent.flatMap((make) =>
    Array.from({ length: 200 }, (_, i) => make(`seed${i}`)).filter((text) => countSecrets(text) > 0),
  );
  assert.ok(masked.length <= 5, `${masked.length} of ${innocent.length * 200}:\n${masked.join('\n')}`);
});

test('T18 sentences, tables, classes, versions, resources and identifiers are no secrets', () => {
  const innocent = ['Forgot your password? Reset it here.','The password is required and must have 8 characters.','password is "optional" here','| password | string | The password of the user |','| token | string | required, min 8 |','| api_key | `string` | Your API key from https://x.example/keys2 |','The token is sent as header X-Token-2 each time.','Set-Cookie: theme=dark; Path=/; HttpOnly','document.cookie = "theme=dark"','cookie: { secure: true, maxAge: 60000 }','cookies.set("session_id", sessionIdentifier)','#define PASSWORD_MIN_LENGTH 8','#define KEY_ENTER "Enter"','case "password": return "Password2";','login("username", "password")','authenticate("local", "jwt")','getConnection("main", "default")','zip -r out.zip src -p','7z a backup.7z src','mongosh --port 27017','ldapsearch -x -b dc=example','?code=200&x=1','?key=value','variable "db_password" { type = string }','<key>CFBundleIdentifier</key><string>com.example.app2</string>','<string name="password_hint">Enter your password (8+ characters)</string>','<input name="password" placeholder="x">Password 1</input>','mnemonic: "not real words here"','WIFI:T:WPA;S:x;;','sha256:abcdef','className="btn_primary-large-2xl-rounded-full-hover"','import x from "./chunk-ABCDEF12.js"','data-testid="user-profile-card-avatar-image-2"','aria-labelledby="radix-:r1a2b3c4:-trigger-abcdefgh"','pk_uuid_550e8400-e29b-41d4-a716-446655440000','v1_20240102_abcdef_ghijkl_mnopqr_stuvwx','org.springframework.security.core.userdetails.User2FactorAuth','com.google.android.gms.common.api.GoogleApiClient$Builder','SOME_VERY_LONG_CONSTANT_NAME_WITH_2_NUMBERS_AND_V3','test_user_can_login_with_valid_credentials_2024','arn:aws:iam::123456789012:role/service-role/MyRole-a1b2c3d4','projects/my-project-123456/locations/us-central1/keyRings/x','i-0abcd1234efgh5678','ami-0c55b159cbfafe1f0','sg-0123456789abcdef0','vpc-0a1b2c3d4e5f67890','subnet-09fa0199ef69f7ec3','git-lfs sha256 4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393','ghcr.io/org/image:sha-3f9a2b1c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f90','build_3f9a2b1c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f90','etag_3f9a2b1c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f90ab','commit_3f9a2b1c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f90','$2b$ is the prefix of bcrypt','пароль: введите пароль','密码：请输入密码','password = "пароль"','sessionStorage.setItem("token", token)','headers: { authorization: `Bearer ${token}` }','Authorization: Bearer <token>','curl -H "Authorization: Bearer $TOKEN"','-p 8080:80 -e NODE_ENV=production','docker run -p 5432:5432 postgres','ssh -p 2222 user@host','az login --tenant x','react-native-gesture-handler-2.14.1-beta.3','@types/node-fetch-2.6.11','eslint-plugin-react-hooks-5.0.0-canary-7118f5dd7-20230705','1.0.0-beta.20240115T123456Z.abcdef12','next-14.2.0-canary.53','cdn-cgi-l-email-protection-a1b2c3','_buildManifest-AbCdEf123','fa-solid-fa-arrow-up-right-from-square-2xl','tw-ring-offset-width-2px-solid','user_id_8f14e45fceea167a5a36dedd4bea2543','md5_8f14e45fceea167a5a36dedd4bea2543a1b2c3d4']; // prettier-ignore
  assert.deepEqual(
    innocent.filter((text) => countSecrets(text) > 0),
    [],
  );
});

test('T18 rules, fields, flags, fingerprints, signatures and certificates are no secrets', () => {
  const innocent = ['password: &default_password','  min: 8','"passwords": ["at least 8 chars", "must contain A1!"]','keys = ["ArrowUp", "Key1", "PageDown2"]','API_KEYS = ["OPENAI_API_KEY", "AZURE_KEY_V2"]','secrets:','  - db_password2','  - api_token_v1','secrets: [db_password2, github_token]','tokens = ["<s>", "</s>", "<|endoftext|>"]','"auth": { "type": "oauth2", "value": "Bearer {{token1}}" }','"password": { "type": "string", "default": "value1", "minLength": 8 }','"adminPassword": { "value": "[parameters(\'adminPassword\')]" }','"adminPassword": { "reference": { "keyVault": { "id": "x1" }, "secretName": "vmPassword2" } }','ParameterKey=DBPassword,ParameterValue=$DB_PASSWORD','ParameterKey=KeyName,ParameterValue=MyKey2','name: "password", content: "Enter your Password2"','<meta name="csrf-token" content="{{ csrf_token() }}">','<meta name="api-key" content="%API_KEY_1%">','<Trans key={\'settings.password2.title\'} />','createHmac(\'sha256\', key2)','jwt.sign(payload, process.env.JWT_SECRET2)','jwt.sign(payload, \'secret\')','verify(token, \'RS256\')','sign(data, "sha256WithRSAEncryption")','new PublicKey("9xQeWvG816bUx9EPjmaT23yvVM2ZWbrrpZb9PusVFin2")','new ObjectId("507f1f77bcf86cd799439011")','new Uint8Array("AbCdEf0123456789")','new Intl.DateTimeFormat("en-US", "x")','new Foo("SomeVeryLongClassNameWithNumbers2And3")','new Audio("data:audio/mp3;base64,AAAA")','new Error("Error2InModule3WithCode4AndText5")','new RegExp("[A-Z]{3}[0-9]{4}")','new Worker("AbC123dEf456GhI789jKl012.js")','docker run -p 8080:80 -P nginx','ssh -p 2222 user@host2.example.com','mkdir -p src/Test1/Dir2','grep -P \'(?<=a)B1c+\'','grep -w Foo2Bar file','curl -w \'%{http_code}\\n\' x','tsc -p tsconfig.Build2.json','nmap -p T:80,U:53','cp -p A1b2C3 x','python -m pip install -P Name2','dotnet build -p:Version=1.2.3-Beta4','msbuild /p:Configuration=Release64 /p:Platform=x64','msbuild /p:DeployOnBuild=true;PublishProfile=Prod2','git log -p HEAD~3','ps -p 1234','pytest -p no:cacheprovider','net use Z: \\\\server\\share','net user','net start MSSQLSERVER2','echo "Hello1World" | grep foo','echo $PASSWORD | docker login -u x --password-stdin','echo "$(cat x)" | sudo -S ls','printf "%s" "$PW" | chpasswd','https://example.com/?token=','https://example.com/?key=value1&id=2','https://example.com/?signature=sha1','https://fonts.example.com/css?family=Roboto:wght@400;700&key=regular1','http://localhost:3000/auth?code=abc1&state=xyz2','fetch("/api?token=" + token1)','<a href="?key=user2&sort=name1">','https://cdn.example.com/v1.2.3/a1b2c3d4e5f60718293a4b5c6d7e8f90@2x.png','https://user@github.com/a/b','git@github.com:Org1/Repo2.git','https://a1b2c3d4e5f60718293a4b5c6d7e8f90@o1.ingest.sentry.io/1','npm i https://codeload.github.com/a/b/tar.gz/a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4',':key="item1.id2" :class="{a: b1}"','v-model="form.password2"','ng-model="user.passwordConfirm1"','#define PASSWORD_FIELD "passwordField1"','password for user: see README2.md','The password must contain: A-Z, a-z, 0-9','Password rules: Min8 Max64','Token for example: \'abc\'','secret is Kubernetes1.Secret','the key is "ArrowLeft2"','Key: Ctrl+Shift+P1','Keys: Ctrl+K Ctrl+S','| Key | Ctrl+Alt+J2 |','| Password | min. 8 chars |','**Password** | string | Your P4ssword rules','**Token:** see [docs](https://x/y2)','mot de passe : 8 caractères minimum','mot de passe oublié ?','пароль: минимум 8 символов','密码是必填项','パスワードは8文字以上','contraseña: mínimo8 caracteres','clave: valor1','const clave = items[index1]','const psk = readPsk2()','AUTH = SomeAuthProvider2','auth: \'JwtStrategy2\'','set -x','set -x DEBUG1 true','ENV NODE_VERSION 20.11.1','ENV PATH /usr/local/Bin2:$PATH','SetEnv APP_KEY_PATH /etc/Key2','export KEY_ID=abc123def','GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D','APT_KEY=0xB1998361219BD9C9','KEY_FILE=/etc/ssl/Key1.pem','AWS_ACCESS_KEY_ID_FILE=/run/x1','SECRET_NAME=my-secret-v2','PASSWORD_FILE=/run/secrets/Db1','TOKEN_URL=https://auth.example.com/oauth2/v1/token','AUTH_TYPE=OAuth2Bearer','SSH_AUTH_SOCK=/tmp/ssh-XXXX1a2B/agent.1234','make KEY=foo1bar','identified by uuid4;','identified by id and name2','is identified by values \'1\'','requirepass foobared','[sectionKey1]=value2','password?: string1','password!: FormControl2;','accessToken: AccessToken2;','accessToken: z.infer<typeof Schema2>','passwordHash: Sha256Hash,','token: Token1 | undefined','const key = cacheKey2;','const secretKey = getKey1();','public password = this.form.value2;','let pw = req.body.pw2','password = password1 === password2','if (password != password2) {}','login(user1, password2)','Dim pw As String = txtPw1.Text','Dim pw As String = "Password"','static const char *password_prompts[] = {"Password1: ", "Password2: "};','enum Key { A1 = "KeyA1", B2 = "KeyB2" }','"integrity": "sha512-abcDEF123+/abcDEF123+/abcDEF123+/abcDEF123+/abcDEF123+/abcDEF123+/abcDEF123+/abcDEF123+/abcDE=="','nonce="r4nd0mN0nc3Va1ue"','data-testid="loginPassword2Input"','className="Password1__wrapper___3xK2p"','.css-1q2w3e4r5t6y{color:#fff}','._3pQx9Zk_password{margin:0}','chunk.8f3a2b1c9d.js','"commit": "3f9a2b1c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f90"','eyJhbGciOiJIUzI1NiJ9','"x5c": ["MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ"]','MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJRTESMBAGA1UE','MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAu1SU1LfVLPHCozMxH2Mo4lgOEePzNm0t','LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSURkekNDQWwrZ0F3SUJBZ0lFQWdBQXVUQU5CZ2txaGtpRzl3MEJBUVVGQURCYQ==','LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0KTUlJQklqQU5CZ2txaGtpRzl3MEJBUUVGQUFPQ0FROEFNSUlCQ2dLQ0FRRUF1MVNV','0x71C7656EC7ab88b098defB751B7401B5f6d8976F','0x8a35acfbc15ff81a39ae7d344fd709f28e8600b4aa8c65c6b64bfe7fe36bd19b','bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq','1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa','wandb.init(project="Name1")','hash: $1 $2','awk \'{print $1, $2}\'','{SHA256} checksum','UserPasswordResetTokenRepositoryImpl2']; // prettier-ignore
  assert.deepEqual(
    innocent.filter((text) => countSecrets(text) > 0),
    [],
  );
});

test('T18 in ordinary code at most one string in 100 kB is masked', () => {
  const root = path.join(import.meta.dirname, '../../..');
  const languages = new Map<string, { size: number; masked: string[] }>();
  const MOST = 1_000_000;
  for (const folder of ['src', 'media', 'node_modules'])
    for (const name of fs.readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })) {
      const language = path.extname(name);
      if (!LANGUAGES.has(language) || /\.min\.|secretlint|secretPatterns/.test(name)) continue;
      const known = languages.get(language) ?? { size: 0, masked: [] };
      languages.set(language, known);
      if (known.size > MOST) continue;
      const file = path.join(root, folder, name);
      const stat = fs.statSync(file, { throwIfNoEntry: false });
      if (!stat?.isFile() || stat.size > 300_000) continue;
      const text = fs.readFileSync(file, 'utf8');
      known.size += text.length;
      maskSecrets(text, (secret) => {
        known.masked.push(`${name}: ${secret}`);
        return 'x';
      });
    }
  assert.ok(languages.size >= 8, [...languages.keys()].join());
  for (const [language, { size, masked }] of languages)
    assert.ok(masked.length <= Math.max(1, size / 100_000), `${language}, ${size} characters:\n${masked.join('\n')}`);
});
