/** Blocks to be run in a terminal, which are never the text of a file. */

const SHELL =
  /^(?:bash|sh|shell|shellscript|shellsession|shell-session|zsh|fish|nu|console|terminal|powershell|pwsh|ps1|ps|bat|batch|cmd|dos)$/i;
/** Blocks to be read: the output of a program, or no language at all. */
const PLAIN = /^(?:text|txt|plaintext|plain|output|log|stdout|stderr)$/i;
const SCRIPT_NAME =
  /\.(?:sh|bash|zsh|fish|ksh|nu|ps1|psm1|bat|cmd|command)$|(?:^|[\\/])(?:\.?(?:bashrc|bash_profile|bash_aliases|profile|zshrc|zshenv|zprofile|envrc|xinitrc|husky)|gradlew|mvnw|configure|entrypoint)$|(?:^|[\\/])\.(?:husky|githooks)[\\/]/i;
/** Programs that answers tell users to run. Only a hint, for blocks without a language. */
const PROGRAM =
  /^(?:sudo\s+)?(?:npm|npx|pnpm|yarn|bun|bunx|deno|node|pip3?|pipx|uv|uvx|poetry|conda|python3?|py|pytest|cargo|rustc|rustup|go|gofmt|git|gh|docker|docker-compose|podman|kubectl|helm|make|cmake|ninja|gcc|g\+\+|clang|javac|java|mvn|gradle|\.\/gradlew|\.\/mvnw|dotnet|ruby|bundle|gem|rails|rake|php|composer|artisan|perl|swift|flutter|dart|mix|elixir|stack|cabal|ghc|terraform|ansible|ansible-playbook|aws|gcloud|az|cd|mkdir|rm|rmdir|cp|mv|ls|cat|touch|chmod|chown|curl|wget|brew|apt|apt-get|dnf|yum|pacman|choco|winget|scoop|export|source|bash|sh|zsh|psql|mysql|sqlite3|redis-cli|systemctl|ssh|scp|tar|unzip|vercel|netlify|heroku|ng|vue|nx|turbo|vite|tsc|eslint|prettier|jest|vitest)(?=\s|$)/;

/** Whether a language is that of a shell. */
export const isShell = (language: string): boolean => SHELL.test(language);

/** Whether a language says that a block is only to be read. */
export const isPlain = (language: string): boolean => PLAIN.test(language);

/** Whether a file of this name holds commands itself. */
export const isScriptName = (path: string): boolean => SCRIPT_NAME.test(path);

const PROMPT = /^\s*(?:[\w.@~:/\\-]{0,40}[$%#>]|PS [^>]*>)\s+\S/;

/** Whether a line runs a program: `$ npm test`, `npm run build`. */
function isCommandLine(line: string): boolean {
  const text = line.trim();
  if (/^\$ \S/.test(text)) return true;
  // Calls and assignments are code, whatever their first word is.
  return PROGRAM.test(text) && !/[;{}]\s*$|^\w+\s*(?:[=(.:]|=>)|\s=\s/.test(text);
}

/** Words that run something in a shell by themselves, beside the programs. */
const BUILTIN =
  /^(?:set|unset|eval|exec|exit|trap|wait|sleep|kill|test|true|false|read|shift|ulimit|umask|pushd|popd|echo|printf|declare|local|alias|time|nohup|xargs|find|grep|sed|awk|sort|tee|head|tail|env|date|which|command|builtin|return|ln|install|rsync|zip|gzip|jq|yes)$/;

/** Whether a word is the name of a program or of a command of a shell. */
export const isCommandName = (word: string): boolean => BUILTIN.test(word) || PROGRAM.test(word);

/** What follows the name of a program in a command: an option, a file or folder, or what the program is to do. */
const ARGUMENT =
  /^(?:--?[\w-]+\S*|\.{0,2}\/\S*|\S+\/\S*|[\w.-]+\.[A-Za-z]\w{0,4}|\.[\w.-]+|(?:install|i|ci|add|remove|uninstall|update|upgrade|run|start|build|test|init|create|exec|dev|lint|serve|deploy|publish|get|mod|vet|fmt|generate|clone|commit|push|pull|fetch|checkout|switch|merge|rebase|status|diff|log|tag|branch|up|down|compose|apply|plan|migrate|clean|all|sync|new|generate))$/;

/**
 * Whether a line of code is a command that got there by mistake. Words such as `make`, `go` and `export` begin
 * sentences and statements too: what follows them must look like a command as well.
 */
export function isStrayCommand(line: string): boolean {
  const text = line.trim();
  if (/^\$ \S/.test(text)) return isCommandLine(line);
  const [, argument] = text.replace(/^sudo\s+/, '').split(/\s+/);
  return (
    isCommandLine(line) && !/(?:[(,=[:|?]|[^./]\.)$/.test(text) && (argument === undefined || ARGUMENT.test(argument))
  );
}

/** Whether a block without a language is something to run: each of its lines is. */
export function areCommands(lines: readonly string[]): boolean {
  const text = lines.filter((line) => line.trim() !== '' && !/^\s*#(?!!)/.test(line));
  const [first = ''] = text;
  if (text.length === 0 || /^#!/.test(first)) return false;
  // A transcript has a prompt in its first line, and what the program wrote below it.
  return (
    (PROMPT.test(first) && isCommandLine(first.replace(/^\s*[^\s$%#>]*[$%#>]\s+/, ''))) || text.every(isCommandLine)
  );
}
