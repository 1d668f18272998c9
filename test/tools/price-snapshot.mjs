// Writes src/core/money/prices.snapshot.json from @pydantic/genai-prices: the list prices of the shipped providers, reduced
// to what Gearshift needs, with the date they were taken. Run it before a release: npm run prices
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { findProvider } from '@pydantic/genai-prices';

/** Host of the endpoint → provider in the source. Prices belong to where a request goes, not to what the user calls it. */
const HOSTS = {
  'api.openai.com': 'openai',
  'openrouter.ai': 'openrouter',
  'api.anthropic.com': 'anthropic',
  'api.deepseek.com': 'deepseek',
  'api.mistral.ai': 'mistral',
  'generativelanguage.googleapis.com': 'google',
  'api.groq.com': 'groq',
};
const root = path.resolve(import.meta.dirname, '../..');
const packageFile = path.join(
  path.dirname(createRequire(import.meta.url).resolve('@pydantic/genai-prices')),
  '../package.json',
);
const { version } = JSON.parse(readFileSync(packageFile, 'utf8'));

/** The prices in effect at `date`; where they depend on the hour, the most expensive: an estimate must not lie below the truth. */
function pricesAt(prices, date) {
  if (!Array.isArray(prices)) return prices;
  const timed = prices.filter((p) => p.constraint?.type === 'time_of_date');
  if (timed.length)
    return [...prices].sort((a, b) => base(b.prices.output_mtok) - base(a.prices.output_mtok))[0].prices;
  return prices.filter((p) => !p.constraint || p.constraint.start_date <= date).at(-1)?.prices;
}
/** Prices that are announced for a day after `date`, by that day. */
const laterPrices = (prices, date) =>
  (Array.isArray(prices) ? prices : [])
    .filter((p) => p.constraint?.type !== 'time_of_date' && (p.constraint?.start_date ?? '') > date)
    .filter((p) => p.prices.input_mtok !== undefined && p.prices.output_mtok !== undefined)
    .map((p) => [p.constraint.start_date, steps(p.prices)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
const base = (price) => (typeof price === 'object' ? price.base : (price ?? 0));
const at = (price, start) =>
  typeof price === 'object' ? (price.tiers.filter((t) => t.start <= start).at(-1)?.price ?? price.base) : price;

/** `[above, input, output, cacheRead, cacheWrite]` per threshold of input tokens, USD per million; null where unknown. */
function steps(prices) {
  const fields = [prices.input_mtok, prices.output_mtok, prices.cache_read_mtok, prices.cache_write_mtok];
  const starts = new Set([0]);
  for (const field of fields) if (typeof field === 'object') for (const tier of field.tiers) starts.add(tier.start);
  return [...starts].sort((a, b) => a - b).map((start) => [start, ...fields.map((field) => at(field, start) ?? null)]);
}

/** Match rules reduced to a list of [how, text]; rules that need all of several conditions are kept nested. */
function rules(match) {
  if (match.or) return match.or.flatMap(rules);
  if (match.and) return [['and', match.and.flatMap(rules)]];
  const [[how, text]] = Object.entries(match);
  return [[how, text]];
}

const date = process.argv[2] ?? new Date().toISOString().slice(0, 10);
const hosts = {};
for (const [host, id] of Object.entries(HOSTS)) {
  const models = [];
  for (const model of findProvider({ providerId: id }).models) {
    const prices = pricesAt(model.prices, date);
    if (prices?.input_mtok === undefined || prices.output_mtok === undefined) continue;
    const entry = { id: model.id, prices: steps(prices) };
    const later = laterPrices(model.prices, date);
    if (later.length > 0) entry.later = later;
    const match = rules(model.match);
    if (!(match.length === 1 && match[0][0] === 'equals' && match[0][1] === model.id)) entry.match = match;
    if (model.context_window) entry.context = model.context_window;
    models.push(entry);
  }
  hosts[host] = models;
}
const file = path.join(root, 'src/core/money/prices.snapshot.json');
const lines = Object.entries(hosts).map(
  ([host, models]) => `  ${JSON.stringify(host)}: [\n${models.map((m) => `    ${JSON.stringify(m)}`).join(',\n')}\n  ]`,
);
writeFileSync(
  file,
  `{\n"date": "${date}",\n"source": "@pydantic/genai-prices ${version}",\n"hosts": {\n${lines.join(',\n')}\n}\n}\n`,
);
console.log(
  `${path.relative(root, file)}: ${Object.values(hosts).flat().length} models, ${readFileSync(file).length} bytes`,
);
