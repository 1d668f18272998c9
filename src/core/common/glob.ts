/** Globs as in VS Code's settings: `*`, `**`, `?`, `[a-z]`, `{a,b}`; one without a slash matches names in any folder. */

const patterns = new Map<string, RegExp>();

/** @param path with slashes, as the workspace sees it */
export function matchesGlob(glob: string, path: string): boolean {
  let pattern = patterns.get(glob);
  if (!pattern) patterns.set(glob, (pattern = compile(glob)));
  return pattern.test(path);
}

function compile(glob: string): RegExp {
  const whole = glob.includes('/') ? glob.replace(/^\//, '') : `**/${glob}`;
  let source = '';
  let depth = 0;
  for (let i = 0; i < whole.length; i++) {
    const char = whole.charAt(i);
    if (whole.startsWith('**/', i)) {
      source += '(?:.*/)?';
      i += 2;
    } else if (whole.startsWith('**', i)) {
      source += '.*';
      i++;
    } else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '{') {
      source += '(?:';
      depth++;
    } else if (char === '}' && depth) {
      source += ')';
      depth--;
    } else if (char === ',' && depth) source += '|';
    else if (char === '[' && whole.indexOf(']', i) > i) {
      const end = whole.indexOf(']', i);
      source += `[${whole
        .slice(i + 1, end)
        .replace(/^!/, '^')
        .replace(/\\/g, '\\\\')}]`;
      i = end;
    } else source += char.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  }
  try {
    return new RegExp(`^${source}${')'.repeat(depth)}$`, 'i');
  } catch {
    return /(?!)/; // a glob that means nothing matches nothing
  }
}
