/** Whether an absolute path lies inside a folder; both with links resolved, and with the separator of the system. */
export function isInside(folder: string, file: string, separator: '/' | '\\'): boolean {
  const base = folder.endsWith(separator) ? folder : folder + separator;
  return file.startsWith(base) && !file.slice(base.length).split(/[\\/]/).includes('..');
}
