import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkEndpoint } from '../../../src/core/common/endpoints.ts';
import { kindOfHost } from '../../../src/core/common/hosts.ts';

/** What an address stands for, in whatever spelling. */

const kind = (address: string): string => kindOfHost(new URL(address).hostname);

test('T05 a metadata service is refused in every spelling of its address and under every name that clouds give it', () => {
  const spellings = [
    ...['169.254.169.254', '2852039166', '0xA9FEA9FE', '0251.0376.0251.0376', '0xa9.0xfe.0xa9.0xfe', '169.254.43518'],
    ...[
      '169.254.169.254.',
      '169。254。169。254',
      '①⑥⑨.254.169.254',
      '169.254.170.2',
      '169.254.0.23',
      '100.100.100.200',
    ],
    ...['168.63.129.16', '192.0.0.192', '[::ffff:169.254.169.254]', '[0:0:0:0:0:ffff:a9fe:a9fe]', '[::a9fe:a9fe]'],
    ...['[64:ff9b::a9fe:a9fe]', '[2002:a9fe:a9fe::]', '[2002:a9fe:a9fe:1::1]', '[fd00:ec2::254]', '[fd00:ec2::23]'],
    ...[
      'metadata',
      'metadata.google.internal',
      'METADATA.GOOGLE.INTERNAL.',
      'metadata.goog',
      'metadata.azure.internal',
    ],
    ...['metadata.tencentyun.com', 'api.metadata.cloud.ibm.com', 'metadata.oraclecloud.com', 'rancher-metadata'],
    ...['instance-data', 'instance-data.ec2.internal', '169.254.169.254.nip.io', 'x.169-254-169-254.sslip.io'],
  ];
  for (const host of spellings)
    for (const address of [`http://${host}`, `https://${host}:8080/v1`]) {
      assert.equal(checkEndpoint(address, true).ok, false, address);
      assert.equal(kind(address), 'metadata', address);
    }
  for (const host of [
    'api.example.com',
    'metadatas.example.com',
    'my-api.example.com',
    '1.2.3.4.nip.io',
    'data.internal',
  ])
    assert.notEqual(kind(`https://${host}`), 'metadata', host);
});

test('T05 every number of an address has the kind of its usual spelling', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), (number) => {
      const parts = [24, 16, 8, 0].map((shift) => (number >>> shift) & 255);
      const usual = kind(`http://${parts.join('.')}`);
      const [a = 0, b = 0, c = 0, d = 0] = parts.map((part) => part);
      const group = (high: number, low: number): string => ((high << 8) | low).toString(16);
      for (const spelling of [
        String(number),
        `0x${number.toString(16)}`,
        parts.map((part) => `0${part.toString(8)}`).join('.'),
        `[::ffff:${parts.join('.')}]`,
      ])
        assert.equal(kind(`http://${spelling}`), usual, spelling);
      // A gateway gets what is sent to these, so no number in them makes them this machine.
      const away = usual === 'loopback' ? 'reserved' : usual;
      for (const spelling of [
        `[64:ff9b::${group(a, b)}:${group(c, d)}]`,
        `[2002:${group(a, b)}:${group(c, d)}::1]`,
        ...(number > 0xffff ? [`[::${group(a, b)}:${group(c, d)}]`] : []),
      ])
        assert.equal(kind(`http://${spelling}`), away, spelling);
    }),
  );
});

test('T05 only a loopback address is this machine: an address that is translated on its way leaves it', () => {
  for (const host of ['[64:ff9b::7f00:1]', '[2002:7f00:1::]', '[::127.0.0.1]', '[64:ff9b::127.1.2.3]'])
    assert.equal(kind(`http://${host}`), 'reserved', host);
  for (const host of ['[::1]', '[::ffff:127.0.0.1]', '127.0.0.1', '127.1', 'localhost.'])
    assert.equal(kind(`http://${host}`), 'loopback', host);
});

test('a name that only begins like an address of a private network is a public one', () => {
  for (const host of ['10.evil.com', '192.168.evil.com', '127.0.0.1.evil.com', 'localhost.evil.com'])
    assert.equal(kind(`http://${host}`), 'public', host);
  assert.equal(kind('http://evil.localhost'), 'private', 'a name server may be asked for it');
});
