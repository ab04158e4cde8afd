import { expect, test } from 'vitest';
import { z } from 'zod';
import { salvage } from '../../../topology/load/salvage.ts';
import { problemText } from '../../../topology/load/problems.ts';
import { readFiles } from '../../../topology/resolve/read.ts';

const schema = z.strictObject({
  title: z.string().optional(),
  entries: z.array(
    z.strictObject({
      name: z.string(),
      size: z.number(),
      colour: z.string().prefault('red'),
      words: z.array(z.string()).prefault([]),
    }),
  ),
});

test('a faulty key that has a default goes alone; a required one takes its entry along', () => {
  const { raw, lostNames, filePath } = salvage(schema, {
    entries: [
      { name: 'a', size: 'big' },
      { name: 'b', size: 1, colour: 7 },
      { size: 2 },
      { name: 'd', size: 3, shape: 'round' },
    ],
  });
  expect(raw).toEqual({
    entries: [
      { name: 'b', size: 1, colour: 'red', words: [] },
      { name: 'd', size: 3, colour: 'red', words: [] },
    ],
  });
  expect([...lostNames]).toEqual(['a']);
  expect([filePath(['entries', 0, 'size']), filePath(['entries', 1]), filePath(['title'])]).toEqual([
    ['entries', 1, 'size'],
    ['entries', 3],
    ['title'],
  ]);
});

test('a list of words with one faulty word goes as a whole', () => {
  const { raw } = salvage(schema, { entries: [{ name: 'a', size: 1, words: ['x', 5, 'y'] }] });
  expect(raw?.entries[0]?.words).toEqual([]);
});

test('where the whole is faulty nothing is left', () => {
  expect(salvage(schema, { entries: 'none' }).raw).toBeNull();
  expect(salvage(schema, 5).raw).toBeNull();
});

test('entries after a faulty one are told at their own place, and nobody misses the faulty one', () => {
  const text = `format: longhaul-topology/1
name: x
sites:
  - { name: paris, hosts: [{ name: h, hypervisor: qemu, cpuModel: m, cores: 4, memory: 8 }] }
  - { name: lyon, hosts: [{ name: h, hypervisor: qemu, cpuModel: m, cores: 4, memory: 8 GiB }] }
links:
  - { name: bad, between: [paris, lyon], rate: 1, rtt: 8 ms }
  - { name: l, between: [paris, lyon], rate: 1 Gbit/s, rtt: 8 ms }
workloads:
  - { name: a, site: paris, host: h, vcpus: 1, memory: 1 GiB, dependsOn: [b] }
  - { name: b, site: paris, host: h, vcpus: 1, memory: 1 }
  - { name: c, site: lyon, host: other, vcpus: 1, memory: 1 GiB, dependsOn: [b] }
`;
  expect(readFiles({ file: 'x', text }, null).problems.map(problemText)).toEqual([
    `x:4:88: sites[0].hosts[0].memory: '8' has no unit (B, kB, MB, GB, TB, KiB, MiB, GiB, TiB); write for example "512 GiB"`,
    `x:7:48: links[0].rate: '1' has no unit (bit/s, kbit/s, Mbit/s, Gbit/s, Tbit/s); write for example "600 Mbit/s"`,
    `x:11:56: workloads[1].memory: '1' has no unit (B, kB, MB, GB, TB, KiB, MiB, GiB, TiB); write for example "8 GiB"`,
    "x:12:34: workloads[2].host: lyon has no host 'other'; known are h",
  ]);
});
