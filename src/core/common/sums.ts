/** Adds two records of numbers, field by field; fields that only `b` has are left out. */
export function addFields<Sums extends Readonly<Record<keyof Sums, number>>>(
  a: Sums,
  b: Readonly<Record<keyof Sums, number>>,
): Sums {
  const sums: Record<string, number> = {};
  for (const key of Object.keys(a) as (keyof Sums & string)[]) sums[key] = a[key] + b[key];
  return sums as Sums;
}
