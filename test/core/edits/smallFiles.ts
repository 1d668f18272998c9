/** A small file in each of many languages, with the ways to write a comment and the functions or sections that it has. */

export interface SmallFile {
  readonly name: string;
  /** The language as fences have it. */
  readonly language: string;
  /** What is before and after the words of a comment, in each way to write one. */
  readonly comments: readonly (readonly [before: string, after: string])[];
  readonly lines: readonly string[];
  /** Functions, classes or sections: lines from 0, the end exclusive. */
  readonly blocks: readonly { readonly start: number; readonly end: number }[];
}

const SLASHES = ['// ', ''] as const;
const HASH = ['# ', ''] as const;
const STARS = ['/* ', ' */'] as const;
const DASHES = ['-- ', ''] as const;
const TAG = ['<!-- ', ' -->'] as const;

/** A block begins in a line with `§` before it and ends with the line that has `¤` behind it. */
function read(name: string, language: string, comments: SmallFile['comments'], text: string): SmallFile {
  const blocks: { start: number; end: number }[] = [];
  let start = 0;
  const lines = text.trim().split('\n');
  for (const [i, line] of lines.entries()) {
    if (line.startsWith('§')) start = i;
    if (line.endsWith('¤')) blocks.push({ start, end: i + 1 });
  }
  return { name, language, comments, lines: lines.map((line) => line.replace(/^§|¤$/g, '')), blocks };
}

export const SMALL_FILES: readonly SmallFile[] = [
  read(
    'src/main.ts',
    'typescript',
    [SLASHES, STARS],
    `
import { a } from './a';
import { b } from './b';

const LIMIT = 10;

§export function load(path: string): number {
  const text = read(path);
  const size = text.length + 1;
  audit(size);
  notify(path, size);
  return size;
}¤

§export class Pool {
  private count = 0;

  take(): number {
    this.count += 1;
    this.log();
    this.check(this.count);
    return this.count;
  }

  give(): void {
    this.count -= 1;
    this.log();
  }
}¤

§export const twice = (n: number): number => {
  const m = n * 2;
  trace(m);
  record(m);
  return m;
};¤
`,
  ),
  read(
    'src/main.tsx',
    'tsx',
    [SLASHES, STARS, ['{/* ', ' */}']],
    `
import React from 'react';
import { Row } from './Row';

§export function Table({ rows }: Props) {
  const [open, setOpen] = useState(false);
  const total = rows.length + 1;
  return (
    <div className="table">
      <h1>Orders {total}</h1>
      <Toolbar onOpen={() => setOpen(true)} />
      <Filter open={open} />
      <ul>
        {rows.map((row) => (
          <Row key={row.id} row={row} />
        ))}
      </ul>
    </div>
  );
}¤

§export function Footer() {
  const year = 2026;
  return (
    <footer>
      <p>{year}</p>
      <a href="/terms">Terms</a>
    </footer>
  );
}¤
`,
  ),
  read(
    'src/main.java',
    'java',
    [SLASHES, STARS],
    `
package shop;

import java.util.List;
import java.util.Map;

public class Cart {
    private int count = 0;

§    public int total(List<Item> items) {
        int sum = 0;
        for (Item item : items) {
            sum += item.price();
        }
        audit(sum);
        notifyAll(sum);
        return sum + 1;
    }¤

§    public void clear() {
        count = 0;
        items.clear();
        log("cleared 3");
        fire();
    }¤
}
`,
  ),
  read(
    'src/main.py',
    'python',
    [HASH],
    `
import os
import sys

LIMIT = 10


§def load(path):
    text = read(path)
    size = len(text) + 1
    audit(size)
    notify(path, size)
    return size¤


§class Pool:
    def __init__(self):
        self.count = 0

    def take(self):
        self.count += 1
        self.log()
        self.check()
        return self.count

    def give(self):
        self.count -= 1
        self.log()¤


§def main():
    pool = Pool()
    pool.take()
    pool.give()
    print(load(sys.argv[1]))¤


if __name__ == "__main__":
    main()
`,
  ),
  read(
    'src/main.go',
    'go',
    [SLASHES, STARS],
    `
package store

import (
	"errors"
	"sync"
)

§func Load(path string) (int, error) {
	text, err := read(path)
	if err != nil {
		return 0, err
	}
	size := len(text) + 1
	audit(size)
	return size, nil
}¤

§func (s *Store) Add(key string, by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[key] += by
	s.notify(key)
}¤
`,
  ),
  read(
    'src/main.rs',
    'rust',
    [SLASHES, STARS],
    `
use std::fs;
use std::io;

§pub fn load(path: &str) -> usize {
    let text = fs::read_to_string(path).unwrap();
    let size = text.len() + 1;
    audit(size);
    notify(path, size);
    size
}¤

§impl Pool {
    pub fn take(&mut self) -> u32 {
        self.count += 1;
        self.log();
        self.check();
        self.count
    }

    pub fn give(&mut self) {
        self.count -= 1;
        self.log();
    }
}¤
`,
  ),
  read(
    'src/main.rb',
    'ruby',
    [HASH],
    `
require 'set'
require 'json'

§def load(path)
  text = File.read(path)
  size = text.size + 1
  audit size
  notify path, size
  size
end¤

§class Pool
  def take
    @count += 1
    log
    check
    @count
  end

  def give
    @count -= 1
    log
  end
end¤
`,
  ),
  read(
    'src/main.c',
    'c',
    [SLASHES, STARS],
    `
#include <stdio.h>
#include "pool.h"

#define LIMIT 10

§int load(const char *path) {
    int size = read_size(path);
    size += 1;
    audit(size);
    notify(path, size);
    return size;
}¤

§static void give(struct pool *p) {
    p->count -= 1;
    pool_log(p);
    pool_check(p);
}¤
`,
  ),
  read(
    'src/main.cs',
    'csharp',
    [SLASHES, STARS],
    `
using System;
using System.IO;

namespace Shop
{
    public class Cart
    {
§        public int Total(Item[] items)
        {
            var sum = 0;
            foreach (var item in items)
            {
                sum += item.Price;
            }
            Audit(sum);
            return sum + 1;
        }¤

§        public void Clear()
        {
            count = 0;
            items.Clear();
            Log("cleared 3");
            Fire();
        }¤
    }
}
`,
  ),
  read(
    'src/main.php',
    'php',
    [SLASHES, HASH, STARS],
    `
<?php

use App\\Models\\User;

§function load($path)
{
    $text = file_get_contents($path);
    $size = strlen($text) + 1;
    audit($size);
    notify($path, $size);
    return $size;
}¤

§function give($pool)
{
    $pool->count -= 1;
    $pool->log();
    $pool->check();
}¤
`,
  ),
  read(
    'src/main.kt',
    'kotlin',
    [SLASHES, STARS],
    `
package shop

import java.io.File

§fun load(path: String): Int {
    val text = File(path).readText()
    val size = text.length + 1
    audit(size)
    notify(path, size)
    return size
}¤

§class Pool {
    var count = 0

    fun take(): Int {
        count += 1
        log()
        check(count)
        return count
    }
}¤
`,
  ),
  read(
    'src/main.swift',
    'swift',
    [SLASHES, STARS],
    `
import Foundation

§func load(_ path: String) -> Int {
    let text = read(path)
    let size = text.count + 1
    audit(size)
    notify(path, size)
    return size
}¤

§struct Pool {
    var count = 0

    mutating func take() -> Int {
        count += 1
        log()
        check()
        return count
    }
}¤
`,
  ),
  read(
    'src/main.sh',
    'bash',
    [HASH],
    `
#!/bin/bash
set -e

§load() {
  local text
  text=$(cat "$1")
  size=$((1 + 2))
  audit "$size"
  notify "$1" "$size"
}¤

§give() {
  count=$((count - 1))
  log "$count"
  check "$count"
}¤

load "$1"
give
`,
  ),
  read(
    'src/main.lua',
    'lua',
    [DASHES],
    `
local json = require("json")

§local function load(path)
  local text = read(path)
  local size = #text + 1
  audit(size)
  notify(path, size)
  return size
end¤

§function Pool:give()
  self.count = self.count - 1
  self:log()
  self:check()
end¤

return Pool
`,
  ),
  read(
    'src/main.sql',
    'sql',
    [DASHES, STARS],
    `
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  price INTEGER NOT NULL
);

§CREATE VIEW totals AS
SELECT
  customer,
  SUM(price) + 1 AS total,
  MIN(price) AS low,
  MAX(price) AS high,
  COUNT(*) AS n
FROM orders
GROUP BY customer;¤

§CREATE FUNCTION bump(n INTEGER) RETURNS INTEGER AS $$
BEGIN
  PERFORM audit(n);
  PERFORM notify(n);
  RETURN n + 1;
END;
$$ LANGUAGE plpgsql;¤
`,
  ),
  read(
    'src/main.css',
    'css',
    [STARS],
    `
:root {
  --accent: #036;
}

§.card {
  margin: 1px;
  padding: 2px;
  border: 0;
  color: red;
  display: flex;
}¤

§.other {
  margin: 0;
  gap: 4px;
  top: 3px;
  left: 2px;
}¤
`,
  ),
  read(
    'src/main.scss',
    'scss',
    [SLASHES, STARS],
    `
$accent: #036;

§.card {
  margin: 1px;
  padding: 2px;
  &:hover {
    color: red;
    border: 0;
  }
  .title {
    font-size: 12px;
  }
}¤
`,
  ),
  read(
    'src/main.html',
    'html',
    [TAG],
    `
<!DOCTYPE html>
<html>
  <head>
    <title>Orders 1</title>
    <link rel="stylesheet" href="a.css">
  </head>
  <body>
§    <section id="list">
      <h2>Open orders 1</h2>
      <ul>
        <li>One</li>
        <li>Two</li>
      </ul>
      <p>End of list</p>
    </section>¤
§    <footer>
      <p>Footer 1</p>
      <a href="/terms">Terms</a>
      <a href="/about">About</a>
    </footer>¤
  </body>
</html>
`,
  ),
  read(
    'src/main.vue',
    'vue',
    [TAG, SLASHES],
    `
<template>
§  <div class="list">
    <h2>Orders 1</h2>
    <Row v-for="row in rows" :key="row.id" />
    <Filter :open="open" />
    <Footer />
  </div>¤
</template>

<script setup>
import Row from './Row.vue';

§function load(path) {
  const size = read(path) + 1;
  audit(size);
  notify(size);
  return size;
}¤
</script>
`,
  ),
  read(
    'src/main.yml',
    'yaml',
    [HASH],
    `
name: build
on: push
§jobs:
  test:
    runs-on: ubuntu-22.04
    steps:
      - uses: actions/checkout@v4
      - run: npm ci
      - run: npm test
  deploy:
    runs-on: ubuntu-22.04
    steps:
      - run: npm run deploy¤
`,
  ),
  read(
    'src/main.toml',
    'toml',
    [HASH],
    `
[package]
name = "shop"
version = "1.0.0"

§[dependencies]
serde = "1.0"
tokio = "1.2"
rand = "0.8"
log = "0.4"¤

§[profile.release]
lto = true
debug = 1
strip = true¤
`,
  ),
  read(
    'src/main.jsonc',
    'jsonc',
    [SLASHES],
    `
{
  "name": "shop",
  "version": "1.0.0",
§  "scripts": {
    "build": "tsc -p 1",
    "test": "node --test",
    "lint": "eslint .",
    "start": "node ."
  },¤
  "dependencies": {
    "left": "1.0.0",
    "right": "2.0.0"
  }
}
`,
  ),
  read(
    'src/main.json',
    'json',
    [SLASHES],
    `
{
  "name": "shop",
  "version": "1.0.0",
§  "scripts": {
    "build": "tsc -p 1",
    "test": "node --test",
    "lint": "eslint .",
    "start": "node ."
  },¤
  "dependencies": {
    "left": "1.0.0",
    "right": "2.0.0"
  }
}
`,
  ),
  read(
    'Dockerfile',
    'dockerfile',
    [HASH],
    `
FROM node:22 AS build
WORKDIR /app
COPY package.json .
RUN npm ci
COPY . .
RUN npm run build

FROM node:22-slim
COPY --from=build /app/dist /app
EXPOSE 8080
CMD ["node", "/app/main.js"]
`,
  ),
  read(
    'Makefile',
    'makefile',
    [HASH],
    `
CC = gcc
FLAGS = -O2

§all: main.o pool.o
	$(CC) -o app main.o pool.o
	strip app
	ls -l app
	cp app /tmp/1¤

§clean:
	rm -f app
	rm -f *.o
	rm -rf build1¤
`,
  ),
  read(
    'src/main.ex',
    'elixir',
    [HASH],
    `
defmodule Shop do
  alias Shop.Cart

§  def load(path) do
    text = File.read!(path)
    size = String.length(text) + 1
    audit(size)
    notify(path, size)
    size
  end¤

§  def give(pool) do
    pool = Map.update!(pool, :count, &(&1 - 1))
    log(pool)
    check(pool)
    pool
  end¤
end
`,
  ),
  read(
    'src/main.hs',
    'haskell',
    [DASHES],
    `
module Shop where

import Data.List (sort)

§load :: FilePath -> IO Int
load path = do
  text <- readFile path
  let size = length text + 1
  audit size
  notify path size
  return size¤

§twice :: Int -> Int
twice n =
  let m = n * 2
      k = m + 1
      j = k - 1
  in j¤
`,
  ),
  read(
    'src/main.clj',
    'clojure',
    [[';; ', '']],
    `
(ns shop.core
  (:require [clojure.string :as str]))

§(defn load-file [path]
  (let [text (slurp path)
        size (+ (count text) 1)]
    (audit size)
    (notify path size)
    size))¤

§(defn give [pool]
  (log pool)
  (check pool)
  (update pool :count - 1))¤
`,
  ),
  read(
    'src/main.r',
    'r',
    [HASH],
    `
library(dplyr)
library(ggplot2)

§load <- function(path) {
  text <- readLines(path)
  size <- length(text) + 1
  audit(size)
  notify(path, size)
  size
}¤

§give <- function(pool) {
  pool$count <- pool$count - 1
  log(pool)
  check(pool)
  pool
}¤
`,
  ),
  read(
    'src/main.tex',
    'latex',
    [['% ', '']],
    `
\\documentclass{article}
\\usepackage{amsmath}

\\begin{document}

§\\section{Orders 1}
We count the orders.
Each order has a price.
The sum is below.
It grows by 3 each day.¤

§\\section{Results}
The result is 4.
We thank all.
The end is near.¤

\\end{document}
`,
  ),
  read(
    'src/main.md',
    'markdown',
    [TAG],
    `
# Tool

Intro text 1.

§## Install

Run the installer 2 times.
Then restart.
Then look at the log.

## Usage

Run it 3 times.
It prints a number.
That is all.¤
`,
  ),
  read(
    'src/main.ps1',
    'powershell',
    [HASH],
    `
param($Path)

§function Get-Size {
    param($File)
    $text = Get-Content $File
    $size = $text.Length + 1
    Write-Audit $size
    Send-Notice $File $size
    return $size
}¤

§function Give-Back {
    $script:count = $script:count - 1
    Write-Log $script:count
    Test-Count $script:count
}¤
`,
  ),
  read(
    'src/main.tf',
    'terraform',
    [HASH, SLASHES],
    `
provider "aws" {
  region = "eu-1"
}

§resource "aws_instance" "web" {
  ami           = "ami-1"
  instance_type = "t3.micro"
  monitoring    = true
  tags = {
    Name = "web"
    Team = "shop"
  }
}¤

§resource "aws_s3_bucket" "data" {
  bucket = "data-1"
  acl    = "private"
  force_destroy = true
}¤
`,
  ),
  read(
    'src/main.dart',
    'dart',
    [SLASHES],
    `
import 'dart:io';

§int load(String path) {
  final text = File(path).readAsStringSync();
  final size = text.length + 1;
  audit(size);
  notify(path, size);
  return size;
}¤

§class Pool {
  int count = 0;

  int take() {
    count += 1;
    log();
    check();
    return count;
  }
}¤
`,
  ),
  read(
    'src/main.vb',
    'vb',
    [["' ", '']],
    `
Imports System

Module Shop
§    Function Load(path As String) As Integer
        Dim text = Read(path)
        Dim size = text.Length + 1
        Audit(size)
        Notify(path, size)
        Return size
    End Function¤

§    Sub Give()
        count = count - 1
        Log(count)
        Check(count)
    End Sub¤
End Module
`,
  ),
  read(
    'src/main.ini',
    'ini',
    [['; ', ''], HASH],
    `
[core]
editor = vim
pager = less 1

§[alias]
co = checkout
br = branch
st = status
lg = log -n 3¤

§[user]
name = Ann
email = ann@x.org
age = 3¤
`,
  ),
  read(
    'src/main.m',
    'matlab',
    [['% ', '']],
    `
§function size = load_file(path)
  text = fileread(path);
  size = length(text) + 1;
  audit(size);
  notify(path, size);
end¤

§function give(pool)
  pool.count = pool.count - 1;
  log_pool(pool);
  check(pool);
end¤
`,
  ),
  read(
    '.env',
    'env',
    [HASH],
    `
HOST=localhost
PORT=8081
USER=ann
LEVEL=3
MODE=fast
CACHE=1
`,
  ),
  read(
    '.gitignore',
    'gitignore',
    [HASH],
    `
node_modules
dist
*.log
.env
coverage1
tmp
`,
  ),
];
