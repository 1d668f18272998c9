import fs from 'node:fs';
import path from 'node:path';

/** Files as projects have them, by their names: some of this repository, and one in each of several other languages. */

const PYTHON = `import json
import os
from dataclasses import dataclass
from typing import Iterable


@dataclass
class Entry:
    name: str
    size: int = 0

    def label(self) -> str:
        """Name and size, for people."""
        if self.size == 0:
            return self.name
        return f"{self.name} ({self.size})"

    def grow(self, by: int) -> None:
        self.size += by
        self.check()
        print(self.label())

    def check(self):
        if self.size < 0:
            raise ValueError("size")


def load(path: str) -> list[Entry]:
    """Read entries from a file."""
    entries = []
    with open(path) as file:
        for line in file:
            name, size = line.split(",")
            entries.append(Entry(name, int(size)))
    entries.sort(key=lambda e: e.size)
    return entries


def total(entries: Iterable[Entry]) -> int:
    result = 0
    for entry in entries:
        result += entry.size
    return result


if __name__ == "__main__":
    found = load(os.environ["ENTRIES"])
    print(json.dumps({"total": total(found)}))
`;

const GO = `package store

import (
	"errors"
	"sync"
)

// Store keeps values by key.
type Store struct {
	mu     sync.Mutex
	values map[string]int
}

// New makes an empty store.
func New() *Store {
	return &Store{values: map[string]int{}}
}

// Get returns a value.
func (s *Store) Get(key string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.values[key]
	if !ok {
		return 0, errors.New("missing " + key)
	}
	return value, nil
}

func (s *Store) Add(key string, by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[key] += by
	if s.values[key] < 0 {
		delete(s.values, key)
	}
}
`;

const HTML = `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Orders</title>
  </head>
  <body>
    <header class="top">
      <h1>Orders</h1>
      <nav>
        <a href="/">Home</a>
        <a href="/about">About</a>
      </nav>
    </header>
    <main>
      <section id="list">
        <h2>Open orders</h2>
        <ul>
          <li>One</li>
          <li>Two</li>
        </ul>
      </section>
    </main>
  </body>
</html>
`;

const CSS = `:root {
  --accent: #036;
  --space: 8px;
}

.card {
  padding: var(--space);
  border: 1px solid var(--accent);
  border-radius: 4px;
}

.card h2 {
  margin: 0;
  color: var(--accent);
}

@media (max-width: 600px) {
  .card {
    padding: 4px;
    border: 0;
  }
}
`;

const RUBY = `require 'set'

module Billing
  class Invoice
    attr_reader :lines

    def initialize(lines)
      @lines = lines
      @paid = false
    end

    def total
      sum = 0
      lines.each do |line|
        next if line.free?
        sum += line.price
      end
      sum
    end

    def pay!
      raise 'paid' if @paid
      @paid = true
      notify
    end
  end
end
`;

const RUST = `use std::collections::HashMap;

#[derive(Debug, Clone)]
pub struct Cache<'a> {
    entries: HashMap<&'a str, u64>,
    limit: usize,
}

impl<'a> Cache<'a> {
    pub fn new(limit: usize) -> Self {
        Cache { entries: HashMap::new(), limit }
    }

    pub fn put(&mut self, key: &'a str, value: u64) -> Option<u64> {
        if self.entries.len() >= self.limit {
            self.entries.clear();
        }
        let old = self.entries.insert(key, value);
        for i in 0..=self.limit {
            println!("{i}");
        }
        old
    }
}
`;

const YAML = `name: check
on:
  push:
    branches: [main]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: Install
        run: npm ci
      - name: Test
        run: npm test
  lint:
    runs-on: ubuntu-latest
    steps:
      - run: npm run lint
`;

const JAVA = `package shop;

import java.util.List;

public final class Basket {
    private final List<Item> items;

    public Basket(List<Item> items) {
        this.items = items;
    }

    /** The price of all items. */
    public long price() {
        long sum = 0;
        for (Item item : items) {
            sum += item.price();
        }
        return sum;
    }

    public boolean isEmpty() {
        return items.isEmpty();
    }
}
`;

const SHELL = `#!/usr/bin/env bash
set -euo pipefail

build() {
  echo "building $1"
  npm run build
  cp -r dist "$1"
}

clean() {
  rm -rf dist
  echo clean
}

case "\${1:-}" in
  build) build out ;;
  clean) clean ;;
esac
`;

const REPOSITORY = [
  'src/core/edits/lines.ts',
  'src/core/edits/hunks.ts',
  'src/core/edits/reindent.ts',
  'src/core/common/glob.ts',
  'src/core/common/semaphore.ts',
  'src/editor/edits/targets.ts',
  'test/tools/watch.mjs',
];

export interface RealFile {
  readonly name: string;
  readonly text: string;
  readonly language: string;
}

export const REAL_FILES: readonly RealFile[] = [
  ...REPOSITORY.map((name) => ({
    name,
    text: fs.readFileSync(path.join(import.meta.dirname, '../../..', name), 'utf8'),
    language: name.endsWith('.ts') ? 'ts' : 'js',
  })),
  { name: 'entries.py', text: PYTHON, language: 'python' },
  { name: 'store/store.go', text: GO, language: 'go' },
  { name: 'public/orders.html', text: HTML, language: 'html' },
  { name: 'styles/card.css', text: CSS, language: 'css' },
  { name: 'lib/invoice.rb', text: RUBY, language: 'ruby' },
  { name: 'src/cache.rs', text: RUST, language: 'rust' },
  { name: 'ci/check.yml', text: YAML, language: 'yaml' },
  { name: 'shop/Basket.java', text: JAVA, language: 'java' },
  { name: 'tools/build.sh', text: SHELL, language: 'bash' },
];

const indentOf = (line: string): number => line.length - line.trimStart().length;

/** Lines of a file, from 0, the end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Whatever has a head and lines that are indented deeper: functions, classes, rules, elements. */
export function blocksIn(lines: readonly string[]): Span[] {
  return lines.flatMap((line, start) => {
    if (line.trim() === '' || indentOf(lines[start + 1] ?? '') <= indentOf(line)) return [];
    let end = start + 1;
    while (end < lines.length && ((lines[end] ?? '').trim() === '' || indentOf(lines[end] ?? '') > indentOf(line)))
      end += 1;
    if (/^\s*(?:[)\]}]|end\b|<\/)/.test(lines[end] ?? '') && indentOf(lines[end] ?? '') === indentOf(line)) end += 1;
    while (end > start && (lines[end - 1] ?? '').trim() === '') end -= 1;
    return [{ start, end }];
  });
}
