import { isIgnoredFile } from './ignoredFiles.ts';

export { setIgnoredFiles } from './ignoredFiles.ts';

/**
 * Files whose very purpose is to hold secrets, by name. Their text is no context for any model unless the user says so
 * for this one time. Names are matched whole, so that `environment.ts` and `keyboard.ts` are ordinary files.
 */
const NAMES: readonly RegExp[] = [
  /^\.env($|\.(?!example$|sample$|template$|dist$|d\.ts$))/,
  /^\.envrc$/,
  /^.+\.env$/,
  /\.(pem|key|p12|pfx|jks|keystore|kdbx?|ppk|asc|gpg|pgp|der|crt|cer|p8|ovpn|tfvars|tfstate|mobileprovision)$/,
  /\.(tfvars\.json|tfstate\.backup)$/,
  /^id_(rsa|dsa|ecdsa|ed25519)(_sk)?(\.pub)?$/,
  /^\.(npmrc|pypirc|netrc|pgpass|htpasswd|dockercfg|git-credentials|s3cfg|boto|my\.cnf|vault-token)$/,
  /^_netrc$/,
  /^(credentials|secrets?)(\.(json|ya?ml|toml|ini|properties|txt|xml))?$/,
  /^(service[-_]?account|client[-_]secret|gcp[-_]key|firebase[-_]adminsdk)[^/]*\.json$/,
  /^(known_hosts|authorized_keys|shadow|master\.key|wallet\.dat|credentials\.yml\.enc|kubeconfig)$/,
  /^(appsettings\.(production|secrets)\.json|secrets\.dev\.ya?ml|local\.settings\.json)$/,
];

/** Folders of which everything is a credential. */
const FOLDERS = /(^|\/)\.(ssh|aws|gnupg|azure|kube|docker|password-store)\/|(^|\/)\.config\/(gcloud|gh)\//;

/** Whether a path (with either kind of slash) is that of a file with secrets, or one that the user shows to no model. */
export function isSecretFile(path: string): boolean {
  const normal = path.replaceAll('\\', '/').toLowerCase();
  const name = normal.slice(normal.lastIndexOf('/') + 1);
  return FOLDERS.test(normal) || NAMES.some((pattern) => pattern.test(name)) || isIgnoredFile(path);
}
