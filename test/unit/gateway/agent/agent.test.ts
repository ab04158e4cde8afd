import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { FakeKernel } from '../../../../gateway/kernel/fake.ts';
import { reconcileSeconds } from '../../../../gateway/limits.ts';
import type { LonghaulError } from '../../../../topology/errors.ts';
import { openSession } from '../../../support/gateway-story.ts';
import { arriving, leaving, nowSeconds } from '../../../support/relocation-states.ts';
import { fakeKernel, GatewayStand } from '../../../support/gateway-stand.ts';

const { signal } = new AbortController();
const stand = new GatewayStand();

/** The code and message that a put is refused with. */
async function refusal(put: Promise<unknown>): Promise<string> {
  const error = await put.then(
    () => assertNever(),
    (reason: unknown) => reason as LonghaulError,
  );
  return `${error.code}: ${error.message}`;
}
const assertNever = (): never => expect.fail('it was not refused');

describe('a put', () => {
  test.each([
    [
      'malformed',
      arriving('app50', { id: '../../etc/passwd', sessions: [{ ...openSession, sourcePort: -1 }] }),
      "LH_RELOCATION_INVALID: Gateway of 'lyon' refuses relocation '../../etc/passwd': id: must be 1 to 128 letters",
    ],
    [
      'to a network that is not here',
      arriving('app50', { network: 'dmz' }),
      "LH_RELOCATION_INVALID: Gateway of 'lyon' refuses relocation 'app50': network 'dmz' is not among its networks",
    ],
    [
      'of a guest by DHCP',
      arriving('app50', { guest: { ...arriving('app50').guest, origin: 'dhcp' } }),
      "LH_RELOCATION_UNFIT: Gateway of 'lyon' cannot carry relocation 'app50': the guest got 10.1.0.50 by DHCP",
    ],
  ])('%s is refused before anything is written or changed', async (_, relocation, message) => {
    const before = stand.kernel.toString();
    expect(await refusal(stand.agent.put(relocation, signal))).toContain(message);
    expect(await readdir(join(stand.directory, 'relocations'))).toEqual([]);
    expect(stand.kernel.toString()).toBe(before);
  });

  test('for an address that another relocation or another route has is refused as a conflict', async () => {
    await stand.agent.put(arriving('app50'), signal);
    const twin = { ...arriving('app50'), id: 'twin' };
    expect(await refusal(stand.agent.put(twin, signal))).toContain(
      "LH_RELOCATION_CONFLICT: Relocation 'twin' cannot be installed at 'lyon': old address 10.1.0.50 is already that",
    );
    stand.kernel.ip.change('route add 10.1.0.77 dev wan0 table 254 protocol 4');
    expect(await refusal(stand.agent.put(arriving('app77'), signal))).toContain(
      'another route is there: 10.1.0.77 dev wan0 proto 4. Nothing was changed',
    );
  });

  test('that cannot be written is refused, and changes nothing', async () => {
    const before = stand.kernel.toString();
    await rm(join(stand.directory, 'relocations'), { recursive: true });
    await writeFile(join(stand.directory, 'relocations'), 'a file where the directory was');
    await expect(stand.agent.put(arriving('app50'), signal)).rejects.toThrow('ENOTDIR');
    expect([await stand.agent.get('app50', signal), stand.kernel.toString()]).toEqual([null, before]);
  });

  test('that the kernel refuses in part says what is missing and why, and is carried out on the next look', async () => {
    await stand.agent.close();
    let isBroken = true;
    stand.kernel = fakeKernel({
      fails: (command) =>
        isBroken && command.startsWith('neigh add proxy')
          ? 'RTNETLINK answers: No buffer space available'
          : null,
    });
    stand.agent = await stand.started(stand.kernel);
    const status = await stand.agent.put(arriving('app50'), signal);
    expect(status).toMatchObject({
      converged: false,
      differences: ['missing: proxy 10.2.0.50 dev lan0 (RTNETLINK answers: No buffer space available)'],
    });
    isBroken = false;
    stand.clock.advance(reconcileSeconds);
    await vi.waitFor(async () =>
      expect(await stand.agent.get('app50', signal)).toMatchObject({ converged: true, differences: [] }),
    );
  });

  test('of what is not there as absent changes nothing', async () => {
    const before = stand.kernel.toString();
    expect(await stand.agent.put(arriving('app50', { phase: 'absent' }), signal)).toMatchObject({
      converged: true,
    });
    expect([await stand.agent.list(signal), stand.kernel.toString()]).toEqual([[], before]);
  });

  test('as absent is accepted whatever is wrong with the relocation by now', async () => {
    await stand.agent.put(arriving('app50'), signal);
    const changed = arriving('app50', { phase: 'absent', peer: { site: 'oslo', address: '192.0.2.9' } });
    expect(await stand.agent.put(changed, signal)).toMatchObject({ converged: true, desired: 'absent' });
  });

  test('at the same time as others: each is carried out in full', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `app${index + 10}`);
    const statuses = await Promise.all(ids.map((id) => stand.agent.put(arriving(id), signal)));
    expect(statuses.filter(({ converged }) => converged)).toHaveLength(20);
    expect((await stand.agent.list(signal)).map(({ id, converged }) => `${id} ${converged}`)).toEqual(
      ids.map((id) => `${id} true`),
    );
  });
});

describe('sessions', () => {
  const second = { ...openSession, sourcePort: 40_001 };
  const flows = () =>
    stand.kernel.tracking
      .toString()
      .split('\n')
      .filter((line) => line !== '');

  test('are handed over once; one that has ended since does not come back with a fresher list', async () => {
    await stand.agent.put(arriving('app50', { sessions: [openSession] }), signal);
    expect(flows()).toHaveLength(1);
    await stand.kernel.run(['conntrack', '-D', '-f', 'ipv4', '-d', '10.1.0.50']);
    await stand.agent.put(arriving('app50', { phase: 'following', sessions: [openSession, second] }), signal);
    expect(flows()).toEqual([expect.stringContaining('sport=40001')]);
    expect((await stand.agent.get('app50', signal))?.sessions).toEqual([second]);
  });

  test('that cannot be handed over are a difference, with the reason', async () => {
    await stand.agent.close();
    stand.kernel = fakeKernel({
      fails: (command) => (command.includes('conntrack -R') ? 'Operation not supported' : null),
    });
    stand.agent = await stand.started(stand.kernel);
    expect(await stand.agent.put(arriving('app50', { sessions: [openSession] }), signal)).toMatchObject({
      converged: false,
      differences: [
        expect.stringMatching(/^missing: 1 sessions not handed over \(.*Operation not supported\)$/),
      ],
    });
  });

  test('of the old address are forgotten when it is settled; those of the new one live on', async () => {
    await stand.agent.put(arriving('app50', { sessions: [openSession] }), signal);
    const lasting =
      'tcp 6 300 ESTABLISHED src=192.0.2.10 dst=10.2.0.50 sport=5 dport=7000 src=10.1.0.50 dst=192.0.2.10 sport=7000 dport=5 [ASSURED]';
    stand.kernel.tracking.track(lasting);
    await stand.agent.put(arriving('app50', { phase: 'settled' }), signal);
    expect(flows()).toEqual([expect.stringContaining('dst=10.2.0.50')]);
    expect(await stand.agent.sessions('10.1.0.50', signal)).toEqual([
      { ...openSession, sourcePort: 5, targetAddress: '10.1.0.50' },
    ]);
  });

  test('of a guest that is still here are not forgotten when its relocation is given up', async () => {
    stand.kernel.tracking.track(
      'tcp 6 300 ESTABLISHED src=192.0.2.10 dst=10.2.0.60 sport=5 dport=7000 src=10.2.0.60 dst=192.0.2.10 sport=7000 dport=5 [ASSURED]',
    );
    const { sessions } = await stand.agent.put(leaving('web60'), signal);
    expect(sessions).toHaveLength(1);
    await stand.agent.put(leaving('web60', { phase: 'absent' }), signal);
    expect(flows()).toHaveLength(1);
  });
});

test('a quarantine ends by itself', async () => {
  await stand.agent.put(leaving('web60', { phase: 'switched' }), signal);
  await stand.agent.put(
    leaving('web60', { phase: 'settled', quarantineUntilSeconds: nowSeconds + 20 }),
    signal,
  );
  expect(stand.kernel.toString()).toContain('route local to 10.2.0.60');
  stand.clock.advance(reconcileSeconds);
  await vi.waitFor(() => expect(stand.kernel.toString()).not.toContain('10.2.0.60'));
  expect(await stand.agent.get('web60', signal)).toMatchObject({ desired: 'settled', converged: true });
});

test('what others take away is put back by the timer', async () => {
  await stand.agent.put(arriving('app50', { phase: 'switched' }), signal);
  const before = stand.kernel.toString();
  stand.kernel.ip.change('link del lht7');
  expect((await stand.agent.get('app50', signal))?.differences).toContain(
    'missing: up lht7 alias lh:tunnel:paris up',
  );
  stand.clock.advance(reconcileSeconds);
  await vi.waitFor(() => expect(stand.kernel.toString()).toBe(before));
});

test('a file that cannot be read stops the start before anything is removed', async () => {
  await stand.agent.put(arriving('app50', { phase: 'switched' }), signal);
  const before = stand.kernel.toString();
  await mkdir(join(stand.directory, 'relocations'), { recursive: true });
  for (const [text, reason] of [
    ['{ torn', 'JSON'],
    ['{"format":"longhaul-relocation/9"}', 'format: Invalid input'],
  ]) {
    await writeFile(join(stand.directory, 'relocations', 'other.json'), text ?? '');
    const refused = await refusal(stand.started(stand.kernel));
    expect(refused).toMatch(/^LH_GATEWAY_STATE_UNREADABLE: Gateway of 'lyon' cannot read '.*other.json': /);
    expect(refused).toContain(reason);
  }
  expect(stand.kernel.toString()).toBe(before);
});

test('a machine that is not the router it is said to be is left alone, with everything that is wrong with it', async () => {
  const other = new FakeKernel({
    devices: { lo: {}, wan0: {}, lan0: { address: '10.2.0.1', mac: '02:00:00:00:00:01' } },
  });
  other.ip.set('net/ipv4/ip_forward=0');
  const before = other.toString();
  expect(await refusal(stand.started(other))).toBe(
    "LH_GATEWAY_UNFIT: Gateway of 'lyon' does not fit this machine: 'wan0' does not have the address 203.0.113.2; " +
      "'lan0' has the MAC address 02:00:00:00:00:01, not 00:00:5e:00:01:02; there is no device 'lan1.20'; " +
      'it does not forward packets (net/ipv4/ip_forward is not 1). It has changed nothing: mend the machine or its file',
  );
  expect(other.toString()).toBe(before);
});

test('the network is asked who holds an address; its default gateway is known without asking', async () => {
  await stand.agent.close();
  stand.agent = await stand.started(fakeKernel({ neighbours: { '10.2.0.70': '02:00:00:00:09:70' } }));
  expect(await stand.agent.probe('apps', '10.2.0.70', signal)).toEqual({ heldBy: '02:00:00:00:09:70' });
  expect(await stand.agent.probe('apps', '10.2.0.71', signal)).toEqual({ heldBy: null });
  expect(await stand.agent.probe('apps', '10.2.0.1', signal)).toEqual({ heldBy: '00:00:5e:00:01:02' });
  expect(await refusal(stand.agent.probe('dmz', '10.2.0.1', signal))).toBe(
    "LH_NETWORK_UNKNOWN: Gateway of 'lyon' has no network 'dmz'; it has 'apps', 'data'",
  );
});

test('a gateway tells what another needs to know of it', () => {
  expect(stand.agent.facts()).toEqual({
    tunnelAddress: '203.0.113.2',
    networks: [
      { name: 'apps', defaultGatewayMac: '00:00:5e:00:01:02' },
      { name: 'data', defaultGatewayMac: '00:00:5e:00:01:03' },
    ],
  });
});
