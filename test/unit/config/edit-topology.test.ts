import { expect, test } from 'vitest';
import { editTopology } from '../../../src/config/edit-topology.ts';

const text = `# the storm
workloads:
  - name: web # in front
    memory: 4 GiB
    dirty: [] # not known
  - { name: db, memory: 8 GiB, resident: 1 GiB }
`;

test('measured values are written where they belong; comments and all else stay', () => {
  const edited = editTopology({ file: 'storm.yaml', text }, [
    { workload: 'web', resident: '900 MiB', dirty: [{ interval: '1 s', rate: '12 MiB/s' }] },
    { workload: 'db', resident: null, dirty: [{ interval: '1 s', rate: '3 MiB/s' }] },
  ]);
  expect(edited).toBe(`# the storm
workloads:
  - name: web # in front
    memory: 4 GiB
    dirty:
      - { interval: 1 s, rate: 12 MiB/s }
    resident: 900 MiB
  - { name: db, memory: 8 GiB, resident: 1 GiB, dirty: [ { interval: 1 s, rate: 3 MiB/s } ] }
`);
});

test('a workload that is not written as an entry of its own is named', () => {
  expect(() =>
    editTopology({ file: 'storm.yaml', text }, [{ workload: 'api', resident: null, dirty: [] }]),
  ).toThrow("Cannot read 'storm.yaml': 'api' is not written in it as a plain entry");
});
