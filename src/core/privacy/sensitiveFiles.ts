import { isIgnoredFile } from './ignoredFiles.ts';

export { setIgnoredFiles } from './ignoredFiles.ts';

/**
 * Files whose very purpose is to hold secrets, by name. Their text is no context for any model unless the user says so
 * for this one time. Names are matched whole, so that `environment.ts` and `keyboard.ts` are ordinary files. Each row
 * says whose files they are.
 */
const NAMES: readonly RegExp[] = [
  // Environments. Examples and types of them hold no secret.
  /^\.env($|\.(?!(?:.*\.)?(?:example|sample|template|tmpl|dist|defaults|schema)$|d\.ts$))/,
  /^(\.envrc|\.dev\.vars|\.flaskenv|\.secrets)(\..+)?$/,
  /^.+\.env$/,
  /^env\.(production|prod|staging|local|development|dev|test)$/,
  // Keys, certificates, key stores, password safes
  /\.(pem|key|p12|pfx|jks|jceks|bcfks|keystore|kdbx?|agilekeychain|opvault|psafe3|ppk|asc|gpg|pgp|der|crt|cer|p8|p7b|pkcs8|ovpn|mobileprovision|rdp|age|agekey)$/,
  /^id_(rsa|dsa|ecdsa|ed25519|xmss)(_sk)?(\.pub)?$/,
  /^(known_hosts|authorized_keys|shadow|gshadow|master\.key|wallet\.dat|keystore\.properties|key\.properties|ssh_host_\w+_key)$/,
  // Terraform, OpenTofu, Ansible, Pulumi
  /\.(tfvars|tfstate|tfvars\.json|tfstate\.backup|tfrc|tfrc\.json)$/,
  /^(\.terraformrc|terraform\.rc|\.vault[-_]?pass(word)?(\.txt)?|vault[-_]pass(word)?(\.txt)?)$/,
  // Logins of command-line programs
  /^\.?_?(npmrc|yarnrc|yarnrc\.yml|pypirc|netrc|pgpass|pgpass\.conf|htpasswd|dockercfg|dockerconfigjson|git-credentials|s3cfg|boto|my\.cnf|mylogin\.cnf|vault-token|databrickscfg|snowsql|esmtprc|msmtprc|fetchmailrc|irbcreds|gemcredentials|mc\.json|remote-sync\.json|ftpconfig|sftp\.json|oci_api_key)$/,
  /^(rclone\.conf|wg\d*\.conf|wpa_supplicant\.conf|kubeconfig|.+\.kubeconfig|kaggle\.json|auth\.json|credentials\.tfrc\.json|nuget\.credentials\.config)$/,
  // Logins of clouds: Google names them after the project
  /^(application_default_credentials|google[-_]?(cloud[-_])?credentials?|gcp[-_]?(key|credentials?)|.*client[-_]secrets?([-_.].*)?|.*service[-_]?account([-_]?key)?([-_.].*)?|.*firebase[-_]?key|.*firebase[-_]adminsdk.*|.*[-_]credentials?)\.json$/,
  /^(azureauth|azureprofile|accesstokens|msal_token_cache)(\.json|\.bin)?$/,
  /^(credentials|secrets?|passwords?|passwd|api[-_]?keys?)(\.(json|ya?ml|toml|ini|properties|txt|xml|cfg|conf|csv|enc))?$/,
  // Google's quick starts write `token.json`; `tokens.json` holds the colors of a design.
  /^\.?token(\.(json|txt|pickle))$/,
  /^(secrets?|credentials)\.[\w-]+\.(json|ya?ml|toml|env)$/,
  // Frameworks
  /^(credentials\.yml\.enc|production\.key|staging\.key|database\.ya?ml|wp-config\.php|localsettings\.php|parameters\.yml|storage\.yml\.enc)$/,
  /^(appsettings\.(production|staging|secrets|local)\.json|secrets\.dev\.ya?ml|local\.settings\.json|usersecrets\.json|web\.(release|production)\.config)$/,
  // Spring's settings of a place where it runs
  /^(application|bootstrap)-(prod|production|staging|stage|secrets?|local)\.(ya?ml|properties|json)$/,
  // Build tools: Maven and Gradle keep the logins of repositories there
  /^(settings-security\.xml|settings\.xml|gradle\.properties|local\.properties|\.sbtcredentials)$/,
  // Logins of further programs
  /^(kubeconfig\.ya?ml|k3s\.ya?ml|credentials\.db|vault\.ya?ml|ansible[-_]vault[-_]pass(word)?(\.txt)?|\.renviron|\.erlang\.cookie|\.rediscli_auth|\.sentryclirc|sentry\.properties|google-services\.json|googleservice-info\.plist|knife\.rb|pip\.(conf|ini)|\.condarc|\.muttrc|\.mailrc|sftp-config\.json|\.?env\.(txt|php)|dotenv|\.sops\.ya?ml|\.travis\.yml\.enc)$/,
  // Browsers and wallets
  /^(logins\.json|key[34]\.db|cookies(\.sqlite)?|login data|utc--\d.*|(mnemonic|seed[-_]?phrase|recovery[-_]?(phrase|key|codes)|.*recovery[-_]codes)(\.(txt|md|json))?|(private|secret)[-_]?keys?\.(txt|json|ya?ml))$/,
  // What was typed
  /^(\.[\w.]+[-_]history|fish_history|consolehost_history\.txt|\.(histfile|lesshst|viminfo|dbshell|wget-hsts))$/,
];

/** Folders of which everything is a credential. */
const FOLDERS =
  /(^|\/)\.(ssh|aws|gnupg|azure|kube|docker|password-store|oci|bluemix|chef|vault|databricks|snowflake|secrets)\/|(^|\/)\.config\/(gcloud|gh|glab|hub|doctl|op|rclone|sops|heroku|stripe)\/|(^|\/)(secrets|private[-_]keys?)\/[^/]+\.(json|ya?ml|toml|txt|env|properties)$/;

/** Files that hold a secret only in this folder: elsewhere their names are ordinary. */
const IN_FOLDERS =
  /(^|\/)((code|code - insiders|vscodium|cursor|windsurf|data|code-server)\/(user|machine)\/(profiles\/[^/]+\/)?(settings|mcp|tasks)\.json|\.snowsql\/config|\.netlify\/config\.json|\.wrangler\/config\/.+|\.circleci\/cli\.yml|\.ethereum\/keystore\/.+|\.continue\/config\.(ya?ml|json)|\.cargo\/credentials(\.toml)?|\.gem\/credentials|\.m2\/settings[\w-]*\.xml|\.gradle\/gradle\.properties|\.composer\/auth\.json|\.codex\/auth\.json|\.claude\/\.credentials\.json|\.claude\.json|\.gemini\/oauth_creds\.json|\.aider\.conf\.yml|\.config\/(hub|litecli\/config|filezilla\/.+\.xml)|\.bundle\/config|\.jupyter\/jupyter_.*\.json|\.local\/share\/fish\/fish_history|powershell\/psreadline\/.*history\.txt)$/;

/** Whether a path (with either kind of slash) is that of a file with secrets, or one that the user shows to no model. */
export function isSecretFile(path: string): boolean {
  const normal = asSystemsRead(path);
  // A copy that an editor or a person keeps beside a file holds the same.
  const original = normal.replace(COPY, '');
  return isNamedSecret(normal) || (original !== normal && isNamedSecret(original)) || isIgnoredFile(path);
}

/**
 * A path as file systems and people read it: with full-width letters as plain ones, without characters that show nothing,
 * and without what Windows drops from a name (dots and spaces at its end, the name of a stream).
 */
const asSystemsRead = (path: string): string =>
  path
    .normalize('NFKC')
    .replace(/[\p{Cf}\p{Cc}]/gu, '')
    .replaceAll('\\', '/')
    .toLowerCase()
    .replace(/:[^/:]*:\$data$/, '')
    .replace(/[. ]+(?=\/|$)/g, (end, at: number, all: string) => (/(?:^|\/)$/.test(all.slice(0, at)) ? end : ''));

/** What is put behind the name of a file that is kept as it was. */
const COPY = /(~|\.(bak|backup|old|orig|original|save|saved|copy|tmp|swp|swo|rej|\d{1,8}|20\d\d-\d\d-\d\d))+$/;

/** @param path in lower case, with `/` between its parts */
function isNamedSecret(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return FOLDERS.test(path) || IN_FOLDERS.test(path) || NAMES.some((pattern) => pattern.test(name));
}
