import { row, type SecretPattern } from './secretPattern.ts';

/** Passwords on command lines, in SQL, and in calls of libraries: their place says what they are, and no name. */
export const COMMAND_PATTERNS: readonly SecretPattern[] = [
  // Command lines
  row(
    'curl user',
    'curl.se/docs/manpage.html: --user',
    ['curl', 'http', 'xh '],
    /\b(?:curl|https?|xh)\b[^\r\n]{0,300}?\s(?:-u|--user|--proxy-user|-a|--auth)[ =]{0,4}["']?[^\s:"'$]{1,100}:(?<typed>[^\s"'${}]{1,200})/g,
  ),
  row(
    'curl cookie',
    'curl.se/docs/manpage.html: --cookie',
    ['curl'],
    /\bcurl\b[^\r\n]{0,300}?\s(?:-b|--cookie)[ =]{1,2}["'](?<secret>[\w.-]{1,60}=[^"'\r\n${}]{16,4000})/g,
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
    'PowerShell',
    'learn.microsoft.com: ConvertTo-SecureString',
    ['ecureString', 'ecurestring'],
    /ConvertTo-SecureString[ \t]{1,4}(?:-String[ \t]{1,4})?["'](?<typed>[^"'$\r\n][^"'\r\n]{3,200})["']/gi,
  ),
  row(
    'OpenSSL',
    'docs.openssl.org: pass phrase options',
    [' pass:'],
    /-pass(?:in|out)?[ \t]{1,4}["']?pass:(?<typed>[^\s"'${}]{4,200})/g,
  ),
  row(
    'Archives',
    'man 7z; man zip; man rar',
    ['7z', 'zip', 'rar'],
    /\b(?:7za?|7zr|zip|unzip|rar|unrar)[ \t](?:[^\r\n]{0,200}?[ \t])?(?:-h?p|-P[ \t]{1,4})["']?(?<typed>(?=[^\s]{0,40}\d)[^\s"'${}-][^\s"'${}]{3,200})/g,
  ),
  row(
    'Clients with -p or -w',
    'mongodb.com/docs: mongosh; man ldapsearch; learn.microsoft.com: az login',
    ['mongo', 'ldap', 'az login'],
    /\b(?:mongo(?:sh|dump|restore|import|export)?|ldap(?:search|modify|add|delete|whoami)|az login)\b[^\r\n]{0,300}?[ \t]-[pw][ \t]{1,4}["']?(?<typed>[^\s"'${}-][^\s"'${}]{3,200})/g,
  ),
  row(
    'Samba',
    'man smbclient: -U',
    ['smbclient', 'rpcclient', 'smbget'],
    /\b(?:smbclient|rpcclient|smbget)\b[^\r\n]{0,200}?[ \t](?:-U|--user=?)[ \t]{0,4}["']?[^\s"'%]{1,80}%(?<typed>[^\s"'${}]{4,200})/g,
  ),
  row(
    'FreeRDP',
    'freerdp.com: command line',
    ['freerdp'],
    /\b[wx]?l?freerdp\b[^\r\n]{0,200}?[ \t]\/p:["']?(?<typed>[^\s"'${}]{4,200})/g,
  ),
  row(
    'Flags for passwords',
    'learn.microsoft.com: sqlcmd, signtool; man ssh-keygen, mosquitto_pub, plink; openvpn.net, tigervnc.org',
    [' -p', ' -P', ' -w', ' -N', ' /p', '"-p', "'-p"],
    /(?:[ \t]|["'],?[ \t]{0,4}["'])(?:-[pPwN]|-pw|-pass|\/p|\/pass|\/pwd)(?:[ \t=:]{1,2}["']?|["'],[ \t]{0,4}["'])(?![\w.]{1,60}[=:])(?<drawn>[^\s"'`${}<>/\\]{8,100})/g,
  ),
  row(
    'Commands that take a password last',
    'man chpasswd, htpasswd, rabbitmqctl; learn.microsoft.com: net use',
    ['htpasswd ', 'rabbitmqctl ', 'net use', 'vncpasswd'],
    /\b(?:htpasswd(?=[^\r\n]{0,40}[ \t]-\w{0,6}b)(?:[ \t]{1,4}-\w{1,8}){1,4}[ \t]{1,4}[^\s-]\S{0,80}[ \t]{1,4}\S{1,80}|rabbitmqctl[ \t]{1,4}(?:add_user|change_password)[ \t]{1,4}\S{1,80}|net[ \t]user?[ \t]{1,4}\S{1,100}|vncpasswd[ \t]{1,4}<<<)[ \t]{1,4}["']?(?<typed>[^\s"'${}/\\<>*-][^\s"'${}<>\\]{5,100})/g,
  ),
  row(
    'Commands that take a token',
    'docs.wandb.ai: wandb login; docs.codecov.com: uploader; python-poetry.org: repositories; docs.sonarsource.com',
    ['wandb', 'codecov', 'cargo login', 'poetry config', 'sonar.login'],
    /\b(?:wandb[ \t]login|codecov\b[^\r\n]{0,80}?[ \t]-t|cargo[ \t]login|poetry[ \t]config[ \t](?:pypi-token\.\S{1,40}|http-basic\.\S{1,40}[ \t]\S{1,80})|sonar\.login[ \t]{0,2}=)[ \t]{0,4}(?:--relogin[ \t]{1,4})?(?<secret>[\w-]{12,200})/g,
  ),
  row(
    'Passwords that a pipe hands on',
    'man chpasswd, sudo; docs.docker.com: docker login --password-stdin',
    ['chpasswd', '-stdin', 'sudo -S', '--stdin'],
    /\b(?:echo|printf)[ \t]{1,4}(?:-\w{1,3}[ \t]{1,4})?["']?(?:[\w.-]{1,80}:)?(?<typed>[^\s"'`${}|<>]{4,200}?)(?:\\n)?["']?[ \t]{0,4}\|[^\r\n|]{0,80}?(?:chpasswd|-stdin\b|sudo[ \t]{1,4}-S)/g,
  ),
  row(
    'Users of chpasswd and OpenVPN',
    'cloudinit.readthedocs.io: chpasswd; openvpn.net: auth-user-pass',
    ['chpasswd:', '<auth-user-pass>'],
    /(?:chpasswd:|<auth-user-pass>)(?:\s{1,40}(?:list|users|expire|type|name):?[^\r\n]{0,40}){0,6}(?:\s{1,20}-?[ \t]{0,4}[\w.-]{1,40}(?::|\r?\n))(?<typed>[^\s:"'`<>${}]{6,100})[ \t]{0,4}$/gm,
  ),
  row(
    'Secrets that a command stores',
    'learn.microsoft.com: az keyvault; docs.aws.amazon.com: secretsmanager, ssm; cli.github.com: gh secret',
    [
      'keyvault secret set',
      'put-parameter',
      'create-secret',
      'put-secret-value',
      'secret set',
      'secrets set',
      'config:set',
    ],
    /\b(?:keyvault[ \t]secret[ \t]set|put-parameter\b[^\r\n]{0,200}?SecureString|create-secret|put-secret-value|gh[ \t]secret[ \t]set)\b[^\r\n]{0,300}?[ \t](?:--value|--secret-string|--body|-b)[ =]{1,4}["']?(?<typed>[^\s"'`${}<>]{6,400})/g,
  ),

  // SQL
  row(
    'SQL',
    'postgresql.org: CREATE ROLE; dev.mysql.com: CREATE USER; docs.oracle.com: CREATE USER',
    ['dentified ', 'DENTIFIED ', 'assword ', 'ASSWORD '],
    /\b(?:identified[ \t]{1,4}(?:with[ \t]{1,4}\w{1,40}[ \t]{1,4})?by|(?:with|encrypted)[ \t]{1,4}password)[ \t]{1,4}["'](?<typed>[^"'\s]{4,200})["']/gi,
  ),
  row(
    'SQL of Oracle',
    'docs.oracle.com: CREATE USER',
    ['dentified by ', 'DENTIFIED BY '],
    /\bidentified[ \t]by[ \t]{1,4}(?!values\b)(?<typed>[\w$#]{6,60})(?=[ \t]{0,4}[;\r\n]|[ \t]{1,4}(?:default|temporary|quota|account|profile))/gi,
  ),
  row(
    'SQL function',
    'dev.mysql.com: SET PASSWORD; mariadb.com: PASSWORD',
    ['('],
    /=[ \t]{0,4}PASSWORD\([ \t]{0,4}["'](?<typed>[^"'\s]{4,200})["']/gi,
  ),

  // Calls of libraries
  row(
    'Login with a name and a password',
    'requests.readthedocs.io: authentication; docs.oracle.com: DriverManager; learn.microsoft.com: NetworkCredential',
    ['('],
    /(?:\b(?:[a-z]{0,20}login|NetworkCredential|getConnection|authenticate)|BasicAuth|Credentials?|auth[ \t]{0,4}=[ \t]{0,4})\([ \t]{0,4}(?:[^()"'\r\n]{1,80},[ \t]{0,4})?["'][^"'\r\n]{1,100}["'],\s{0,20}["'](?<typed>(?=[^"'\r\n]{0,100}[\d!@#$%^&*?])[^"'\r\n\s]{6,200})["'][ \t]{0,4}\)/gi,
  ),
  row(
    'Connection to a database with a name and a password',
    'php.net: mysqli, PDO; pymysql.readthedocs.io',
    ['mysqli', 'PDO(', 'connect('],
    /\b(?:mysqli(?:_connect)?|PDO|(?:\w{1,40}\.)?(?:re)?connect)\([ \t]{0,4}["'][^"'\r\n]{0,200}["'][ \t]{0,4},\s{0,20}["'][^"'\r\n]{0,80}["'][ \t]{0,4},\s{0,20}["'](?<typed>(?=[^"'\r\n]{0,100}[\d!@#$%^&*?])[^"'\r\n\s]{4,200})["']/g,
  ),
  row(
    'Text that a test types into a field for passwords',
    'playwright.dev, docs.cypress.io, selenium.dev: typing into fields',
    ['fill(', 'type(', 'send_keys(', 'sendKeys(', 'setValue('],
    /(?:passw(?:or)?d|passphrase|secret|token)[^"'`\r\n]{0,20}["'`]\]?["'`]?\)[^"'`\r\n;]{0,40}\.(?:fill|type|send_keys|sendKeys|setValue)\([ \t]{0,4}["'`](?<typed>(?=[^"'`\r\n]{0,100}[\d!@#$%^&*?])[^"'`\s]{6,200})["'`]/gi,
  ),
  row(
    'Password in a row that SQL inserts',
    'postgresql.org: INSERT',
    ['insert ', 'INSERT '],
    /\binsert[ \t]{1,4}into\b[^;()]{1,100}\([^()]{0,300}(?:passw|secret|token|api_?key)[^()]{0,300}\)\s{0,4}values\s{0,4}\([^;]{0,300}?'(?![\w.+-]{1,60}@[\w-]{1,60}\.)(?<drawn>(?=[^']{0,100}\d)(?=[^']{0,100}[a-z])(?=[^']{0,100}[A-Z!@#$%^&*])[^'\s]{8,200})'/gi,
  ),
  row(
    'Secret that signs, encrypts, or opens a wallet',
    'github.com/auth0/node-jsonwebtoken; nodejs.org: crypto; cryptography.io: Fernet; docs.ethers.org: Wallet',
    [
      'sign(',
      'verify(',
      'Hmac(',
      'hmac.new(',
      'cookieParser(',
      'Fernet(',
      'Wallet(',
      'fromSecret',
      'ToAccount(',
      'accounts',
    ],
    /(?:\b(?:sign|verify|decode|encode)\((?:[^()"'`;\r\n]|"[^"\r\n]{0,80}"){1,200},\s{0,20}|\bcreateHmac\([^,\r\n]{1,60},\s{0,20}|\bhmac\.new\(\s{0,20}|\bcookieParser\(\s{0,20}|\bFernet\(\s{0,20}|\b(?:Wallet|fromSecret(?:Key)?|privateKeyToAccount)\(\s{0,20}|\baccounts\\?["']?[ \t]{0,4}:[ \t]{0,4}\[\s{0,20})[bru]{0,2}["'`](?<drawn>[^"'`\s${}]{8,400})["'`]/g,
  ),
  row(
    'Key that a client gets',
    'twilio.com/docs/libraries; algolia.com/doc: API clients; docs.stripe.com: libraries',
    ['('],
    /\b(?:new[ \t]{1,4}(?!\w{0,40}(?:Public|Address|Hash|Id|Key|U[rR][lLiI]|Error|Version|Digest)\w{0,10}\()[A-Z]\w{1,40}|[A-Z]\w{0,40}(?:Client|Session)|Client|Session|[a-z]{1,30}(?:search|client))\((?:(?:["'][\w.-]{4,80}["']|[\w.]{1,60})[ \t]{0,4},\s{0,20})?["'](?<drawn>(?=[A-Z]{0,60}[a-z\d])(?=[A-Za-z/+]{0,60}\d)(?:[A-Za-z0-9/+]{40}|[a-f0-9]{32}|(?=[a-z\d]{0,60}[A-Z])(?=[A-Z\d]{0,60}[a-z])[A-Za-z0-9]{24,64}))["']/g,
  ),
];
