/**
 * Secrets that show by their form alone: keys whose issuer begins them with letters reserved for being found, and
 * blocks of private keys. One row per form. A secret without such a form is found by the name it is given, see
 * `secretAssignments.ts`.
 */

interface SecretPattern {
  /** Who issues the secret. */
  readonly issuer: string;
  /** Where the form is documented: a page of the issuer, or the public rule set that knows it. */
  readonly source: string;
  /**
   * Literal texts of which each match holds at least one. A text without any of them is not searched with the pattern.
   * An empty list means that the pattern is tried on every text.
   */
  readonly hints: readonly string[];
  /**
   * Finds the secret: the group `head` and the whole match if the pattern has that group, else the group `secret` or
   * `typed` if it has one, else the whole match. A match without its group is harmless, and so is one whose group
   * `typed` is a word that stands in the place of a password. Takes linear time on every text.
   */
  readonly pattern: RegExp;
}

/** The lists of known forms that GitHub's secret scanning, gitleaks, and TruffleHog publish. */
const SCANNERS = 'docs.github.com: supported secret scanning patterns; gitleaks; TruffleHog';

/** What stands before a key: no letter or digit, unless it ends an escape (`\n`) or a percent code (`%3D`). */
const START = String.raw`(?<![A-Za-z0-9](?<!\\[nrt]|%[0-9A-Fa-f]{2}))`;

/** A row for a key that is one token: the pattern need not say that no letter or digit goes before or after it. */
function token(issuer: string, source: string, hints: readonly string[], pattern: RegExp): SecretPattern {
  return { issuer, source, hints, pattern: new RegExp(`${START}(?:${pattern.source})(?![A-Za-z0-9])`, 'g') };
}

/**
 * A row for a token whose mark stands in its middle. The pattern looks for the mark and then back for what goes before
 * it, in the group `head`: to try the head at every character of a text takes twenty times as long.
 */
function marked(
  issuer: string,
  source: string,
  hints: readonly string[],
  head: RegExp,
  mark: RegExp,
  tail: RegExp,
): SecretPattern {
  const pattern = `(?:${mark.source})(?<=${START}(?<head>${head.source})(?:${mark.source}))(?:${tail.source})(?![A-Za-z0-9])`;
  return { issuer, source, hints, pattern: new RegExp(pattern, 'g') };
}

/** A row whose pattern is used as it is, for text that is secret only in its surroundings. */
const row = (issuer: string, source: string, hints: readonly string[], pattern: RegExp): SecretPattern => ({
  issuer,
  source,
  hints,
  pattern,
});

/**
 * Between two lines of base64: a line break, or its escape inside a string, with what editors, diffs, comments and
 * string literals put around it.
 */
const BREAK = String.raw`(?:(?:\\r)?(?:\\n)?[ \t"'\x60+,.;\\]{0,20}\r?\n(?:[ \t]{0,40}\r?\n){0,3}[ \t]{0,40}(?:(?:[-+>#*|]|\/\/|\d{1,6}[:|]?)[ \t]{0,8}){0,2}["'\x60]?|(?:(?:\\r)?\\n){1,2})`;
const PRIVATE = '(?:[A-Z0-9]+ ){0,5}PRIVATE KEY';
const BASE64 = '[A-Za-z0-9+/=]';

/**
 * A private key with its header. The header alone is only code that names it: the match needs base64 with a digit after
 * it, and takes nothing but base64 up to the end mark, so that code and questions behind a header stay.
 */
const PRIVATE_KEY = new RegExp(
  `-----BEGIN ${PRIVATE}(?: BLOCK)?-----` +
    String.raw`(?:${BREAK}(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset): [^\r\n\\]{1,100}){0,5}` +
    String.raw`(?:${BREAK}| {1,4})?(?=[A-Za-z+/]{0,60}[0-9])${BASE64}{16,}` +
    `(?:(?:${BREAK}| )${BASE64}{16,})*` +
    `(?:(?:(?:${BREAK}| )${BASE64}{1,15}){0,2}(?:${BREAK}| )?-----END ${PRIVATE}(?: BLOCK)?-----)?`,
  'g',
);

/** One line of a key: 64 or 70 characters with a digit, a small letter, and a capital, which no hash in hex has. */
const KEY_LINE = `(?=[A-Za-z+/]{0,63}[0-9])(?=[a-z0-9+/]{0,63}[A-Z])(?=[A-Z0-9+/]{0,63}[a-z])(?:[A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{70})(?![A-Za-z0-9+/])`;

/**
 * Lines of a private key without its header, as a search, a diff or a cut leaves them: two or more lines of base64, and
 * the short line at their end. A certificate or a public key with its header is matched as a whole without a group: it
 * is no secret.
 */
const KEY_LINES = new RegExp(
  `-----BEGIN (?!${PRIVATE})[A-Z0-9 ]{1,60}-----(?:${BREAK}[A-Za-z0-9+/=]{1,76}(?![A-Za-z0-9+/=]))*` +
    String.raw`|(?:^|\n[ \t]{0,40}(?:(?:[-+>#*|]|\/\/|\d{1,6}[:|]?)[ \t]{0,8}){0,2}["'\x60]?|\\n|["'\x60])` +
    `(?<secret>${KEY_LINE}(?:${BREAK}${KEY_LINE})+(?:${BREAK}[A-Za-z0-9+/]{1,69}={1,2}(?![A-Za-z0-9+/=]))?)`,
  'g',
);

/**
 * A password between the user and the host of an address, also one with `/` or `@` that should have been encoded: it
 * ends at the first `@` before a host with a dot or a port, else at the last one before the path. A port is none, and
 * neither is a variable that stands in its place.
 */
const PASSWORD_IN_ADDRESS =
  /:\/\/[^\s:/@"'`<>{}]{0,100}:(?!\d{1,5}[/?#]|\$\{|\$\w+@|\*+@|<|\{|%\w+%)(?<typed>(?:[^\s"'`<>{}]{2,200}?)(?=@(?:[\w-]{1,60}\.[\w.-]|localhost|[\w-]{1,60}:\d|\[))|[^\s/"'`<>{}]{2,200}(?=@[\w[]))/g;

/** The last lines of a private key, before its end mark: what a part that begins within the key has of it. */
const KEY_END = new RegExp(
  String.raw`-----END ${PRIVATE}(?: BLOCK)?-----(?<=(?<head>(?:(?<![A-Za-z0-9+/=])(?=[A-Za-z+/]{0,75}[0-9=])${BASE64}{4,76}${BREAK}){1,3})-----END ${PRIVATE}(?: BLOCK)?-----)`,
  'g',
);

export const SECRET_PATTERNS: readonly SecretPattern[] = [
  // Private keys
  row('Private key in PEM or PGP armor', 'RFC 7468; RFC 9580 section 6.2', ['PRIVATE KEY'], PRIVATE_KEY),
  row('Lines of a private key', 'RFC 7468: 64 characters a line; OpenSSH: 70', [], KEY_LINES),
  row('End of a private key', 'RFC 7468', ['-----END '], KEY_END),
  row(
    'SSH.com',
    'RFC 4716 section 3',
    ['SSH2 ENCRYPTED PRIVATE KEY'],
    /---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\r?\n(?:[A-Za-z-]{1,64}: [^\r\n]{1,200}\r?\n){0,5}[A-Za-z0-9+/=]{16,}(?:\r?\n[A-Za-z0-9+/=]{1,80})*(?:\r?\n---- END SSH2 ENCRYPTED PRIVATE KEY ----)?/g,
  ),
  row(
    'PuTTY',
    'the.earth.li/~sgtatham/putty: PPK file format',
    ['Private-Lines:'],
    /Private-Lines: \d{1,4}\r?\n(?<secret>[A-Za-z0-9+/=]{16,}(?:\r?\n[A-Za-z0-9+/=]{1,80}(?![\w-]))*)/g,
  ),
  row(
    'JSON web key',
    'RFC 7518 section 6',
    ['"kty"', "'kty'"],
    /["'](?:d|p|q|dp|dq|qi|k)["'][ \t]{0,4}:[ \t]{0,4}["'](?<secret>[\w-]{22,})["']/g,
  ),
  token('age', 'age-encryption.org/v1', ['AGE-SECRET-KEY-1'], /AGE-SECRET-KEY-1[0-9A-Z]{58}/),

  // Clouds and hosts
  token(
    'AWS',
    'docs.aws.amazon.com: IAM identifiers',
    ['AKIA', 'ASIA', 'ABIA', 'ACCA', 'AROA', 'AIDA'],
    /(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[A-Z2-7]{16}/,
  ),
  token('AWS Bedrock', 'docs.aws.amazon.com/bedrock: API keys', ['ABSK'], /ABSK[A-Za-z0-9+/]{60,}={0,2}/),
  token('Amazon MWS', SCANNERS, ['amzn.mws.'], /amzn\.mws\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/),
  row(
    'AWS signed address',
    'docs.aws.amazon.com: Signature Version 4 query',
    ['X-Amz-'],
    /X-Amz-(?:Signature|Security-Token)=(?<secret>[\w%+/=.-]{32,})/g,
  ),
  token('Google', 'cloud.google.com/docs/authentication/api-keys', ['AIza'], /AIza[\w-]{35}(?![\w-])/),
  token('Google OAuth', SCANNERS, ['ya29.'], /ya29\.[\w-]{20,}/),
  token('Google OAuth refresh', SCANNERS, ['1//0'], /1\/\/0[\w-]{40,}/),
  token('Google OAuth client', SCANNERS, ['GOCSPX-'], /GOCSPX-[\w-]{28}(?![\w-])/),
  row(
    'Google signed address',
    'cloud.google.com/storage: V4 signing',
    ['X-Goog-Signature='],
    /X-Goog-Signature=(?<secret>[0-9a-f]{64,})/g,
  ),
  row(
    'Azure connection string',
    'learn.microsoft.com: storage, Service Bus, Event Hubs, IoT, Cosmos connection strings',
    ['AccountKey=', 'SharedAccessKey=', 'AccessKey='],
    /(?:Account|SharedAccess|Access)Key=(?<secret>[A-Za-z0-9+/_-]{20,}={0,2})/g,
  ),
  row(
    'Azure shared access signature',
    'learn.microsoft.com: shared access signatures',
    ['sig=', 'SharedAccessSignature='],
    /(?<![A-Za-z0-9])(?:sig|SharedAccessSignature)=(?<secret>[\w%+/.~-]{40,}={0,2})/g,
  ),
  marked('Microsoft Entra client', SCANNERS, ['Q~'], /[\w~.-]{3}\d/, /Q~/, /[\w~.-]{31,34}(?![\w~.-])/),
  marked(
    'Azure keys of 64 bytes',
    'github.com/microsoft/security-utilities: identifiable keys',
    ['APIM', 'ACDb', '+ABa', '+AMC', '+ASt'],
    /[A-Za-z0-9+/]{76}/,
    /APIM|ACDb|\+(?:ABa|AMC|ASt)/,
    /[A-Za-z0-9+/]{6}==/,
  ),
  marked(
    'Azure keys of 32 bytes',
    'github.com/microsoft/security-utilities: identifiable keys',
    ['AIoT', '+ASb', '+AEh', '+ARm'],
    /[A-Za-z0-9+/]{33}/,
    /AIoT|\+(?:ASb|AEh|ARm)/,
    /[A-Za-z0-9+/]{6}=/,
  ),
  marked(
    'Azure keys of 39 bytes',
    'github.com/microsoft/security-utilities: identifiable keys',
    ['AzSe', 'AzFu', 'AzCa', '+ACR'],
    /[\w+/-]{42,44}/,
    /AzSe|AzFu|AzCa|\+ACR/,
    /[\w+/-]{4,8}={0,2}/,
  ),
  marked(
    'Azure AI',
    'learn.microsoft.com: keys of Azure AI services',
    ['JQQJ99'],
    /[A-Za-z0-9]{52}/,
    /JQQJ99/,
    /[A-Za-z0-9]{20,40}/,
  ),
  marked(
    'Azure DevOps',
    'learn.microsoft.com: personal access token format',
    ['AZDO'],
    /[A-Za-z0-9]{76}/,
    /AZDO/,
    /[A-Za-z0-9]{4}/,
  ),
  token('DigitalOcean', 'docs.digitalocean.com: API tokens', ['_v1_'], /do[opr]_v1_[a-f0-9]{64}/),
  token('Alibaba Cloud', SCANNERS, ['LTAI'], /LTAI[A-Za-z0-9]{12,24}/),
  token('Tencent Cloud', SCANNERS, ['AKID'], /AKID[A-Za-z0-9]{13,40}/),
  token('Yandex Cloud', SCANNERS, ['AQVN', 't1.'], /AQVN[\w-]{35,38}|t1\.[\w-]{20,300}={0,2}\.[\w-]{86}={0,2}/),
  token('Scaleway', SCANNERS, ['SCW'], /SCW(?=[A-Z]{0,16}\d)[A-Z0-9]{17}/),
  token('Heroku', 'devcenter.heroku.com: HRKU prefix', ['HRKU-'], /HRKU-[\w-]{36,}/),
  token(
    'Fly.io',
    'fly.io/docs/security/tokens',
    ['fm1', 'fm2_', 'fo1_'],
    /fm(?:1[ar]|2)_[A-Za-z0-9+/]{100,}={0,3}|fo1_[\w-]{43}/,
  ),
  token(
    'Cloudflare',
    'developers.cloudflare.com/fundamentals/api',
    ['cfut_', 'cfat_', 'cfk_'],
    /cf(?:ut|at|k)_[A-Za-z0-9]{40,}/,
  ),
  token('Cloudflare Origin CA', SCANNERS, ['v1.0-'], /v1\.0-[a-f0-9]{24}-[a-f0-9]{146}/),
  token(
    'Vercel',
    'vercel.com/docs: token formats',
    ['vck_', 'vcp_', 'vci_', 'vca_', 'vcr_'],
    /vc[kpiar]_[A-Za-z0-9]{24,}/,
  ),
  token('Vercel Blob', 'vercel.com/docs/vercel-blob', ['vercel_blob_rw_'], /vercel_blob_rw_\w{30,}/),
  token('Netlify', 'docs.netlify.com: token prefixes', ['nf'], /nf[pcoub]_[A-Za-z0-9]{36}/),
  token(
    'Supabase',
    'supabase.com/docs/guides/api/api-keys',
    ['sbp_', 'sb_secret_'],
    /sbp_(?:v0_)?[a-f0-9]{40}|sb_secret_[\w-]{22,}/,
  ),
  token('PlanetScale', SCANNERS, ['pscale_'], /pscale_(?:tkn|pw|oauth)_[\w=.-]{32,64}/),
  token('Neon', SCANNERS, ['napi_'], /napi_[a-z0-9]{60,64}/),
  token('MongoDB Atlas', SCANNERS, ['mdb_sa_sk_'], /mdb_sa_sk_[\w-]{38,42}/),
  token('Databricks', SCANNERS, ['dapi'], /dapi[a-f0-9]{32}(?:-\d)?/),
  token(
    'Doppler',
    'docs.doppler.com: token types',
    ['dp.'],
    /dp\.(?:pt|st|sa|ct|scim|audit)\.(?:[\w-]{1,40}\.)?[A-Za-z0-9]{40,44}/,
  ),
  token('Pulumi', SCANNERS, ['pul-'], /pul-[a-f0-9]{40}/),
  token(
    'HashiCorp Vault',
    'developer.hashicorp.com/vault: token prefixes',
    ['hvs.', 'hvb.', 'hvr.'],
    /hv[sbr]\.[\w-]{24,}/,
  ),
  token(
    'HashiCorp Vault before 1.10',
    'developer.hashicorp.com/vault: token prefixes',
    ['s.', 'b.', 'r.'],
    /(?<![\w.$)\]-])[sbr]\.(?=[A-Za-z]{0,23}\d)(?=[a-z0-9]{0,23}[A-Z])(?=[A-Z0-9]{0,23}[a-z])[A-Za-z0-9]{24}(?![\w.(])/,
  ),
  marked('Terraform Cloud', SCANNERS, ['.atlasv1.'], /[A-Za-z0-9]{14}/, /\.atlasv1\./, /[\w=-]{60,}/),
  row(
    'Terraform random_password',
    'registry.terraform.io: random_password',
    ['random_password'],
    /"(?:result|bcrypt_hash)"[ \t]{0,4}:[ \t]{0,4}"(?<secret>(?:\\.|[^"\\\r\n]){6,200})"/g,
  ),
  token('Docker', 'docs.docker.com: access tokens', ['dckr_'], /dckr_(?:pat|oat)_[\w-]{20,}/),
  row(
    'Docker registry login',
    'docs.docker.com: config.json',
    ['"auth"'],
    /"auth"[ \t]{0,4}:[ \t]{0,4}"(?<secret>[A-Za-z0-9+/_-]{8,}={0,2})"/g,
  ),
  row(
    'Kubernetes client key',
    'kubernetes.io: kubeconfig v1',
    ['client-key-data'],
    /client-key-data["']?[ \t]{0,4}:[ \t]{0,4}["']?(?<secret>[A-Za-z0-9+/]{16,}={0,2})/g,
  ),

  // Code hosts and package registries
  token(
    'GitHub',
    'github.blog: new authentication token formats',
    ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'],
    /gh[pousr]_[A-Za-z0-9]{36,255}/,
  ),
  token(
    'GitHub fine-grained',
    'github.blog: fine-grained personal access tokens',
    ['github_pat_'],
    /github_pat_\w{22,255}/,
  ),
  token(
    'GitLab',
    'docs.gitlab.com: token prefixes',
    ['gl', 'GR1348941'],
    /gl(?:pat|dt|ptt|rt|rtr|oas|cbt|ft|ffct|imt|agent|soat|wt)-[\w-]{20,}(?:\.[\w-]{2,}){0,3}|GR1348941[\w-]{20,}/,
  ),
  token('Atlassian', SCANNERS, ['ATATT3', 'ATCTT3'], /AT[AC]TT3[\w=-]{60,}/),
  token('Bitbucket', SCANNERS, ['ATBB'], /ATBB[A-Za-z0-9]{32}/),
  token('Sourcegraph', SCANNERS, ['sgp_'], /sgp_(?:[a-f0-9]{16}_|local_)?[a-f0-9]{40}/),
  token('npm', 'github.blog: npm token format', ['npm_'], /npm_[A-Za-z0-9]{36}/),
  token('PyPI', 'pypi.org/help#apitoken', ['pypi-'], /pypi-AgE[\w-]{50,}/),
  token('RubyGems', 'guides.rubygems.org: API keys', ['rubygems_'], /rubygems_[a-f0-9]{48}/),
  token('NuGet', SCANNERS, ['oy2'], /oy2[a-z0-9]{43}/),
  token('crates.io', SCANNERS, ['cio'], /cio[A-Za-z0-9]{32}/),
  token('Clojars', SCANNERS, ['CLOJARS_'], /CLOJARS_[a-z0-9]{60}/i),
  token('Packagist', SCANNERS, ['packagist_'], /packagist_[a-z]{3}_[a-f0-9]{68}/),
  token('JFrog', SCANNERS, ['AKCp', 'cmVmdGtu'], /AKCp[A-Za-z0-9]{60,}|cmVmdGtu[A-Za-z0-9+/]{40,}={0,2}/),
  token('CircleCI', SCANNERS, ['CCIPAT_', 'CCIPRJ_'], /CCIP(?:AT|RJ)_[A-Za-z0-9]{22}_[a-f0-9]{40}/),
  token('Buildkite', SCANNERS, ['bkua_', 'bkct_', 'bkaj_'], /bk(?:ua|ct|aj)_[A-Za-z0-9]{40}/),
  token('Sonar', 'docs.sonarsource.com: tokens', ['sq'], /sq[pua]_[a-f0-9]{40}/),

  // Watching and data
  token('Sentry', SCANNERS, ['sntry'], /sntrys_[\w=+/-]{40,}|sntryu_[a-f0-9]{64}/),
  token('New Relic', SCANNERS, ['NRAK-', 'NRII-'], /NRAK-[A-Z0-9]{27}|NRII-[\w-]{32}/),
  marked('New Relic license', SCANNERS, ['NRAL'], /[a-z0-9]{30,36}(?:FFFF)?/, /NRAL/, /(?:)/),
  token(
    'Grafana',
    'grafana.com/docs: service account tokens',
    ['glsa_', 'glc_'],
    /glsa_[A-Za-z0-9]{32}_[a-fA-F0-9]{8}|glc_[A-Za-z0-9+/]{32,}={0,2}/,
  ),
  token('Grafana API key', SCANNERS, ['eyJrIjoi'], /eyJrIjoi[A-Za-z0-9]{60,}={0,2}/),
  token('Dynatrace', 'docs.dynatrace.com: token format', ['dt0'], /dt0[a-z]\d{2}\.[A-Z0-9]{8,24}\.[A-Z0-9]{64}/),
  token('Honeycomb', SCANNERS, ['ik_', 'mk_'], /hc[abx][im]k_[a-z0-9]{26,64}/),
  token('Statsig', SCANNERS, ['secret-'], /secret-[A-Za-z0-9]{40,}/),
  token('PostHog', 'posthog.com/docs/api: personal API keys', ['phx_', 'phs_'], /ph[xs]_[A-Za-z0-9]{40,}/),
  token('Prefect', SCANNERS, ['pnu_', 'pnb_'], /pn[ub]_[A-Za-z0-9]{36}/),
  token('dbt', SCANNERS, ['dbtc_', 'dbtu_'], /dbt[cu]_[\w-]{30,}={0,2}/),
  token('LaunchDarkly', SCANNERS, ['sdk-', 'api-'], /(?:sdk|api)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/),

  // Models
  token(
    'OpenAI, Anthropic, OpenRouter, Langfuse, Helicone',
    'docs.anthropic.com; platform.openai.com; openrouter.ai',
    ['sk-'],
    /sk-(?:ant|or|proj|svcacct|admin|live|lf|helicone|None|service)-[\w-]{20,}/,
  ),
  token('OpenAI, DeepSeek, LiteLLM', SCANNERS, ['sk-'], /sk-(?=[A-Za-z]{0,80}\d)[A-Za-z0-9]{20,}/),
  token('Groq', SCANNERS, ['gsk_'], /gsk_[A-Za-z0-9]{40,}/),
  token('xAI', SCANNERS, ['xai-'], /xai-[A-Za-z0-9]{40,}/),
  token(
    'Hugging Face',
    'huggingface.co/docs/hub/security-tokens',
    ['hf_', 'api_org_'],
    /hf_(?=[A-Za-z]{0,29}[A-Z0-9])[A-Za-z0-9]{30,}|api_org_[A-Za-z0-9]{34}/,
  ),
  token('Replicate', 'replicate.com/docs', ['r8_'], /r8_[A-Za-z0-9]{30,}/),
  token('Perplexity', SCANNERS, ['pplx-'], /pplx-[A-Za-z0-9]{40,}/),
  token('Together', SCANNERS, ['tgp_v1_'], /tgp_v1_[\w-]{43}/),
  token('Fireworks', SCANNERS, ['fw_'], /fw_(?=[A-Za-z]{0,20}\d)[A-Za-z0-9]{22,24}/),
  token('Cerebras', SCANNERS, ['csk-'], /csk-[a-z0-9]{48}/),
  token('NVIDIA', SCANNERS, ['nvapi-'], /nvapi-[\w-]{60,}/),
  token('ElevenLabs', SCANNERS, ['sk_'], /sk_[a-f0-9]{48}/),
  token('Pinecone', SCANNERS, ['pcsk_'], /pcsk_\w{40,}/),
  token('Tavily', SCANNERS, ['tvly-'], /tvly-(?:dev-|prod-)?[A-Za-z0-9]{32}/),
  token('LangSmith', SCANNERS, ['lsv2_'], /lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}/),
  token('Voyage', SCANNERS, ['pa-'], /pa-(?=[A-Za-z_-]{0,42}\d)[\w-]{43}(?![\w-])/),
  token('Jina', SCANNERS, ['jina_'], /jina_[\w-]{40,}/),
  token('Firecrawl', SCANNERS, ['fc-'], /fc-[a-f0-9]{32}/),
  token('E2B', SCANNERS, ['e2b_'], /e2b_[a-f0-9]{40}/),
  token('Cursor', SCANNERS, ['crsr_', 'key_'], /(?:crsr|key)_[a-f0-9]{64}/),
  marked(
    'Ollama, Zhipu',
    'docs.ollama.com/cloud; docs.bigmodel.cn',
    ['.'],
    /[a-f0-9]{32}/,
    /\./,
    /(?=[a-z_-]{0,23}[A-Z\d])(?:[\w-]{24}|[A-Za-z0-9]{16})(?![\w.-])/,
  ),

  // Messages and mail
  token('Slack', 'docs.slack.dev/authentication/tokens', ['xox'], /xox[abceoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,}/),
  token('Slack app', 'docs.slack.dev/authentication/tokens', ['xapp-'], /xapp-\d-[A-Z0-9]+-\d+-[a-f0-9]+/),
  row(
    'Slack webhook',
    'docs.slack.dev: incoming webhooks',
    ['hooks.slack.com'],
    /hooks\.slack\.com\/(?:services|workflows|triggers)\/(?<secret>\w+\/\w+\/[\w/]{20,})/g,
  ),
  row(
    'Discord webhook',
    'discord.com/developers: webhooks',
    ['/api/webhooks/'],
    /discord(?:app)?\.com\/api\/webhooks\/(?<secret>\d+\/[\w-]{60,})/g,
  ),
  token('Discord', 'discord.com/developers: bot tokens', [], /(?<![\w-])[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,}/),
  marked('Telegram', 'core.telegram.org/bots/api: authorizing', [':AA'], /\d{8,10}/, /:AA/, /[\w-]{33}(?![\w-])/),
  row(
    'Microsoft Teams webhook',
    'learn.microsoft.com: Teams incoming webhooks',
    ['/webhookb2/', 'outlook.office.com/webhook/'],
    /\/webhook(?:b2)?\/(?<secret>[0-9a-f-]{36}@[0-9a-f-]{36}\/IncomingWebhook\/[\w/-]{32,})/g,
  ),
  row(
    'Zapier webhook',
    'help.zapier.com: webhooks',
    ['hooks.zapier.com'],
    /hooks\.zapier\.com\/hooks\/catch\/(?<secret>\d{3,}\/[A-Za-z0-9]{5,})/g,
  ),
  token('SendGrid', SCANNERS, ['SG.'], /SG\.[\w-]{16,32}\.[\w-]{30,}/),
  token('Mailgun', SCANNERS, ['key-'], /key-[a-f0-9]{32}/),
  marked('Mailgun domain key', SCANNERS, ['-'], /[a-f0-9]{32}/, /-/, /[a-f0-9]{8}-[a-f0-9]{8}(?!-)/),
  marked('Mailchimp', SCANNERS, ['-us'], /[a-f0-9]{32}/, /-us/, /\d{1,2}/),
  token('Mandrill', SCANNERS, ['md-'], /md-(?=[A-Za-z_-]{0,21}\d)(?=[a-z0-9_-]{0,21}[A-Z])[\w-]{22}(?![\w-])/),
  token('Brevo', SCANNERS, ['xkeysib-', 'xsmtpsib-'], /x(?:key|smtp)sib-[a-f0-9]{64}-[A-Za-z0-9]{16}/),
  token('Resend', SCANNERS, ['re_'], /re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}/),
  token('Twilio', 'twilio.com/docs/glossary: SID', ['AC', 'SK'], /(?:AC|SK)[a-f0-9]{32}/),
  token('Intercom', SCANNERS, ['dG9rO'], /dG9rO[A-Za-z0-9+/]{50,}={0,2}/),

  // Payment and shops
  token('Stripe', 'docs.stripe.com/keys', ['_live_', '_test_'], /(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}/),
  token('Stripe webhook', 'docs.stripe.com/webhooks', ['whsec_'], /whsec_[A-Za-z0-9+/=]{30,}/),
  token('Square', 'developer.squareup.com: access tokens', ['sq0', 'EAAA'], /sq0(?:atp|csp)-[\w-]{22,}|EAAA[\w-]{60}/),
  token('Shopify', 'shopify.dev: token prefixes', ['shp'], /shp(?:at|ca|pa|ss|tka|rt|ua)_[a-fA-F0-9]{32}/),
  token('Razorpay', SCANNERS, ['rzp_'], /rzp_(?:live|test)_[A-Za-z0-9]{14}/),
  token('Flutterwave', SCANNERS, ['FLWSECK'], /FLWSECK(?:_TEST)?-[a-zA-Z0-9]{12,40}(?:-X)?/),
  token(
    'Plaid',
    SCANNERS,
    ['access-'],
    /access-(?:sandbox|development|production)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/,
  ),
  token('Braintree', SCANNERS, ['access_token$'], /access_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[a-f0-9]{32}/),
  token(
    'Lob, GoCardless',
    SCANNERS,
    ['live_', 'test_'],
    /(?<!_)(?:(?:live|test)_[a-f0-9]{35}|live_(?=[A-Za-z_=-]{0,39}\d)[\w=-]{40})(?![\w=-])/,
  ),
  token('Shippo', SCANNERS, ['shippo_'], /shippo_(?:live|test)_[a-f0-9]{40}/),
  token('EasyPost', SCANNERS, ['EZ'], /EZ[AT]K[A-Za-z0-9]{54}/),

  // Offices and people
  token(
    'Notion',
    'developers.notion.com: token formats',
    ['secret_', 'ntn_'],
    /secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{40,}/,
  ),
  token('Linear', SCANNERS, ['lin_'], /lin_(?:api|oauth)_[A-Za-z0-9]{40,64}/),
  token('Figma', SCANNERS, ['figd_', 'figu_', 'figor_'], /fig(?:d|u|or)_[\w-]{40,}/),
  token('Postman', SCANNERS, ['PMAK-'], /PMAK-[a-f0-9]{24}-[a-f0-9]{34}/),
  token('Airtable', 'airtable.com/developers: token format', ['pat'], /pat[A-Za-z0-9]{14}\.[a-f0-9]{64}/),
  marked('Asana', SCANNERS, [':'], /\d\/\d{13,17}(?:\/\d{13,17})?/, /:/, /[a-f0-9]{32}/),
  token('HubSpot', SCANNERS, ['pat-'], /pat-(?:na|eu|ap)\d-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/),
  token('Typeform', SCANNERS, ['tfp_'], /tfp_[\w.=-]{59}/),
  token('Contentful', SCANNERS, ['CFPAT-'], /CFPAT-[\w-]{43}/),
  token('Mapbox', 'docs.mapbox.com: access tokens', ['sk.eyJ'], /sk\.eyJ[\w-]{20,}\.[\w-]{22}/),
  token('Dropbox', SCANNERS, ['sl.'], /sl\.(?:u\.)?(?=[A-Za-z_-]{0,99}\d)[\w-]{120,}={0,2}/),
  token('Facebook', SCANNERS, ['EAA'], /EAA[A-Za-z0-9]{60,}/),
  token('X', SCANNERS, ['AAAAAAAAAAAAAAAAAAAA'], /A{20}[A-Za-z0-9%]{50,}/),
  token('LinkedIn', SCANNERS, ['WPL_AP1.'], /WPL_AP1\.[A-Za-z0-9]{16}\.[A-Za-z0-9+/=]{4,}/),
  token(
    'Okta',
    SCANNERS,
    ['00'],
    /(?<![\w-])00(?=[a-zA-Z_-]{0,39}\d)(?=[a-z0-9_-]{0,39}[A-Z])(?=[A-Z0-9_-]{0,39}[a-z])[\w-]{40}(?![\w-])/,
  ),
  token(
    '1Password',
    '1password.com: service account tokens, Secret Key',
    ['ops_eyJ', 'A3-'],
    /ops_eyJ[\w+/-]{100,}={0,2}|A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}/,
  ),

  // Web tokens and headers
  row(
    'JSON web token',
    'RFC 7519',
    ['eyJ'],
    /(?<![\w-](?<!\\[nrt]|%[0-9A-Fa-f]{2}))eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/g,
  ),
  row(
    'JSON web token, encrypted',
    'RFC 7516',
    ['eyJ'],
    /(?<![\w-](?<!\\[nrt]|%[0-9A-Fa-f]{2}))eyJ[\w-]{10,}\.[\w-]*\.[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/g,
  ),
  row(
    'Authorization header',
    'RFC 9110 section 11.6.2',
    ['uthorization', 'UTHORIZATION'],
    /authorization\\?["']?[ \t]{0,8}[:=,][ \t]{0,8}\\?["'`]?(?:bearer|basic|token|apikey|bot|ssws|digest|negotiate)[ \t]{1,8}(?<secret>[\w.~+/=:-]{8,})/gi,
  ),
  row('Bearer token', 'RFC 6750', ['earer ', 'EARER '], /\bbearer {1,8}(?<secret>[\w.~+/-]{24,}=*)/gi),

  // Passwords in addresses and on command lines
  row('Password in an address', 'RFC 3986 section 3.2.1', ['://'], PASSWORD_IN_ADDRESS),
  row(
    'curl user',
    'curl.se/docs/manpage.html: --user',
    ['curl'],
    /\bcurl\b[^\r\n]{0,300}?\s(?:-u|--user|--proxy-user)[ =]{0,4}["']?[^\s:"'$]{1,100}:(?<typed>[^\s"'${}]{1,200})/g,
  ),
  row('sshpass', 'man sshpass: -p', ['sshpass'], /\bsshpass[ \t]{1,4}-p[ \t]{0,4}["']?(?<typed>[^\s"'$]{4,200})/g),
  row(
    'MySQL client',
    'dev.mysql.com: --password',
    ['mysql'],
    /\bmysql(?:dump|admin)?\b[^\r\n]{0,200}?\s-p["']?(?<typed>[^\s"'${}=-][^\s"'${}]{3,200})/g,
  ),
  row(
    'redis-cli',
    'redis.io: redis-cli',
    ['redis-cli'],
    /\bredis-cli\b[^\r\n]{0,200}?\s-a[ \t]{1,4}["']?(?<typed>[^\s"'${}]{4,200})/g,
  ),
  row(
    'docker login',
    'docs.docker.com: docker login',
    ['docker login'],
    /\bdocker login\b[^\r\n]{0,200}?\s-p[ \t]{1,4}["']?(?<typed>[^\s"'${}]{4,200})/g,
  ),
  row(
    'netrc',
    'man netrc',
    ['login', 'machine'],
    /\b(?:login|account|machine)[ \t]{1,8}\S{1,200}\s{1,40}password[ \t]{1,8}["']?(?<typed>[^\s"']{3,200})/g,
  ),
  row(
    'pgpass',
    'postgresql.org/docs: the password file',
    [':'],
    /:(?<=(?<![^\s"'`])(?:[\w.*-]{1,200}|\/[\w./-]{1,200}):)(?:\d{2,5}|\*):[A-Za-z*][\w*-]{0,60}:[A-Za-z*][\w*-]{0,60}:(?<typed>[^\s:"'`,;]{4,200})$/gm,
  ),
  row(
    'Connection string',
    'learn.microsoft.com: ADO.NET connection strings',
    ['assword', 'ASSWORD', 'wd', 'WD'],
    /(?:(?<=;[ \t]{0,4})|(?=[^;\r\n"']{1,200};[ \t]{0,4}[\w ]{2,40}=))\b(?:password|pwd)[ \t]{0,4}=[ \t]{0,4}(?!\$|\{|<|%)(?<typed>[^;"'`\s]{3,200}(?<!["'`]))/gi,
  ),
  row(
    'Connection string that begins with the password',
    'learn.microsoft.com: ADO.NET connection strings',
    ['Password=', 'Pwd=', 'PWD='],
    /(?:^|["'`])(?:Password|Pwd|PWD)=(?!\$|\{|<|%)(?<typed>[^;"'`\s]{3,200});/gm,
  ),
  row(
    'SQL',
    'postgresql.org: CREATE ROLE; dev.mysql.com: CREATE USER; docs.oracle.com: CREATE USER',
    ['dentified ', 'DENTIFIED ', 'assword ', 'ASSWORD '],
    /\b(?:identified[ \t]{1,4}by|(?:with|encrypted)[ \t]{1,4}password)[ \t]{1,4}["'](?<typed>[^"'\s]{4,200})["']/gi,
  ),
];
