import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createGatewayAgent } from '../../../../gateway/agent/agent.ts';
import type { GatewayAgent } from '../../../../gateway/agent/gateway-agent.ts';
import { FakeKernel, type FakeKernelOptions } from '../../../../gateway/kernel/fake.ts';
import type { KernelPort } from '../../../../gateway/kernel/port.ts';
import { announceAgainSeconds, announceRestSeconds, reconcileSeconds } from '../../../../gateway/limits.ts';
import type { LonghaulError } from '../../../../topology/errors.ts';
import { HandClock } from '../../../support/hand-clock.ts';
import { openSession } from '../../../support/gateway-story.ts';
import { silentLog } from '../../../support/log.ts';
import { arriving, leaving, lyon, lyonDevices, nowSeconds } from '../../../support/relocation-states.ts';

const { signal } = new AbortController();
let directory: string;
let clock: HandClock;
let kernel: FakeKernel;
let agent: GatewayAgent;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lhgw-'));
  clock = new HandClock(nowSeconds);
  kernel = fakeKernel();
  agent = await started(kernel);
});
afterEach(async () => {
  await agent.close();
  await rm(directory, { recursive: true });
});

function fakeKernel(options: Partial<FakeKernelOptions> = {}): FakeKernel {
  return new FakeKernel({ devices: lyonDevices, ...options });
}

async function started(port: KernelPort): Promise<GatewayAgent> {
  const created = createGatewayAgent({ configuration: lyon, kernel: port, directory, clock, log: silentLog });
  await created.start(signal);
  return created;
}

/** The code and message that a put is refused with. */
async function refusal(put: Promise<unknown>): Promise<string> {
  const error = await put.then(
    () => assertNever(),
    (reason: unknown) => reason as LonghaulError,
  );
  return `${error.code}: ${error.message}`;
}
const assertNever = (): never => expect.fail('it was not refused');

const follower = (id: string) => arriving(id, { phase: 'following', workload: id });

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
    const before = kernel.toString();
    expect(await refusal(agent.put(relocation, signal))).toContain(message);
    expect(await readdir(join(directory, 'relocations'))).toEqual([]);
    expect(kernel.toString()).toBe(before);
  });

  test('for an address that another relocation or another route has is refused as a conflict', async () => {
    await agent.put(arriving('app50'), signal);
    const twin = { ...arriving('app50'), id: 'twin' };
    expect(await refusal(agent.put(twin, signal))).toContain(
      "LH_RELOCATION_CONFLICT: Relocation 'twin' cannot be installed at 'lyon': old address 10.1.0.50 is already that",
    );
    kernel.ip.change('route add 10.1.0.77 dev wan0 table 254 protocol 4');
    expect(await refusal(agent.put(arriving('app77'), signal))).toContain(
      'another route is there: 10.1.0.77 dev wan0 proto 4. Nothing was changed',
    );
  });

  test('that cannot be written is refused, and changes nothing', async () => {
    const before = kernel.toString();
    await rm(join(directory, 'relocations'), { recursive: true });
    await writeFile(join(directory, 'relocations'), 'a file where the directory was');
    await expect(agent.put(arriving('app50'), signal)).rejects.toThrow('ENOTDIR');
    expect([await agent.get('app50', signal), kernel.toString()]).toEqual([null, before]);
  });

  test('that the kernel refuses in part says what is missing and why, and is carried out on the next look', async () => {
    await agent.close();
    let isBroken = true;
    kernel = fakeKernel({
      fails: (command) =>
        isBroken && command.startsWith('neigh add proxy')
          ? 'RTNETLINK answers: No buffer space available'
          : null,
    });
    agent = await started(kernel);
    const status = await agent.put(arriving('app50'), signal);
    expect(status).toMatchObject({
      converged: false,
      differences: ['missing: proxy 10.2.0.50 dev lan0 (RTNETLINK answers: No buffer space available)'],
    });
    isBroken = false;
    clock.advance(reconcileSeconds);
    await vi.waitFor(async () =>
      expect(await agent.get('app50', signal)).toMatchObject({ converged: true, differences: [] }),
    );
  });

  test('of what is not there as absent changes nothing', async () => {
    const before = kernel.toString();
    expect(await agent.put(arriving('app50', { phase: 'absent' }), signal)).toMatchObject({
      converged: true,
    });
    expect([await agent.list(signal), kernel.toString()]).toEqual([[], before]);
  });

  test('as absent is accepted whatever is wrong with the relocation by now', async () => {
    await agent.put(arriving('app50'), signal);
    const changed = arriving('app50', { phase: 'absent', peer: { site: 'oslo', address: '192.0.2.9' } });
    expect(await agent.put(changed, signal)).toMatchObject({ converged: true, desired: 'absent' });
  });

  test('at the same time as others: each is carried out in full', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `app${index + 10}`);
    const statuses = await Promise.all(ids.map((id) => agent.put(arriving(id), signal)));
    expect(statuses.filter(({ converged }) => converged)).toHaveLength(20);
    expect((await agent.list(signal)).map(({ id, converged }) => `${id} ${converged}`)).toEqual(
      ids.map((id) => `${id} true`),
    );
  });
});

describe('following', () => {
  test('the guest runs: delivered at once, announced at once and once more, on disk', async () => {
    await agent.put(follower('app50'), signal);
    await agent.follow('app50', 'runs');
    expect(await agent.get('app50', signal)).toMatchObject({
      carries: 'local',
      converged: true,
      switchedAtSeconds: nowSeconds,
    });
    expect(kernel.sent).toHaveLength(253);
    clock.advance(announceAgainSeconds);
    await vi.waitFor(() => expect(kernel.sent).toHaveLength(506));
    expect(await readFile(join(directory, 'relocations', 'app50.json'), 'utf8')).toContain(
      '"guestHere": true',
    );
  });

  test('it stops again: parked; the second announcement is not made', async () => {
    await agent.put(follower('app50'), signal);
    await agent.follow('app50', 'runs');
    await agent.follow('app50', 'stopped');
    expect(await agent.get('app50', signal)).toMatchObject({ carries: 'parked', switchedAtSeconds: null });
    clock.advance(announceAgainSeconds);
    await agent.follow('app50', 'stopped');
    expect(kernel.sent).toHaveLength(253);
  });

  const neighbour = '0a010014'; // 10.1.0.20
  const neighbourFlow =
    'tcp 6 299 ESTABLISHED src=10.1.0.20 dst=10.1.0.50 sport=40000 dport=7 src=10.1.0.50 dst=10.1.0.20 sport=7 dport=40000';

  test('it waits to run: told where the neighbour is that spoke to it, then its packets are at its card', async () => {
    await agent.put(follower('app50'), signal);
    kernel.tracking.track(neighbourFlow);
    await agent.follow('app50', 'waits');
    expect(await agent.get('app50', signal)).toMatchObject({ carries: 'local', converged: true });
    expect(kernel.sent).toEqual([expect.stringContaining(neighbour)]);
    clock.advance(announceAgainSeconds);
    await agent.follow('app51', 'waits');
    expect(kernel.sent).toHaveLength(1);
  });

  test('it waited and never ran: parked again, and the segment hears nothing', async () => {
    await agent.put(follower('app50'), signal);
    const before = kernel.toString();
    await agent.follow('app50', 'waits');
    expect(kernel.toString()).not.toBe(before);
    await agent.follow('app50', 'stopped');
    expect(kernel.toString()).toBe(before);
    expect(await agent.get('app50', signal)).toMatchObject({ carries: 'parked', switchedAtSeconds: null });
    clock.advance(announceAgainSeconds);
    await agent.follow('app50', 'stopped');
    expect(kernel.sent).toHaveLength(0);
  });

  test('it is given up while its neighbours are looked up: parked', async () => {
    await agent.put(follower('app50'), signal);
    const waits = agent.follow('app50', 'waits');
    await Promise.all([agent.follow('app50', 'stopped'), waits]);
    expect(await agent.get('app50', signal)).toMatchObject({ carries: 'parked', converged: true });
  });

  test('an agent that died while the guest waited announces it when it runs', async () => {
    await agent.put(follower('app50'), signal);
    await agent.follow('app50', 'waits');
    await agent.close();
    agent = await started(kernel);
    await agent.follow('app50', 'waits');
    expect(kernel.sent).toHaveLength(0);
    await agent.follow('app50', 'runs');
    expect(kernel.sent).toHaveLength(253);
  });

  test('a guest that was told while it waited hears of the others a little later, and of all once more', async () => {
    await agent.put(follower('app50'), signal);
    kernel.tracking.track(neighbourFlow);
    await agent.follow('app50', 'waits');
    await agent.follow('app50', 'runs');
    expect(kernel.sent).toHaveLength(1);
    clock.advance(announceRestSeconds);
    await vi.waitFor(() => expect(kernel.sent).toHaveLength(253));
    clock.advance(announceAgainSeconds - announceRestSeconds);
    await vi.waitFor(() => expect(kernel.sent).toHaveLength(506));
  });

  test('only relocations of that workload in that phase react', async () => {
    await agent.put(follower('app50'), signal);
    await agent.put(arriving('app51', { workload: 'app51' }), signal);
    const before = kernel.toString();
    await agent.follow('app51', 'runs');
    await agent.follow('app99', 'runs');
    expect(kernel.toString()).toBe(before);
  });

  test('a switch that the kernel refuses is an error, and made good by the next look', async () => {
    await agent.close();
    let isBroken = false;
    kernel = fakeKernel({
      fails: (command) =>
        isBroken && command.startsWith('neigh replace') ? 'RTNETLINK answers: No memory' : null,
    });
    agent = await started(kernel);
    await agent.put(follower('app50'), signal);
    isBroken = true;
    await expect(agent.follow('app50', 'runs')).rejects.toThrow(
      "Could not install neighbour 10.1.0.50 lladdr 02:00:00:00:01:50 dev lhgc3497ac4 nud permanent at 'lyon': " +
        'RTNETLINK answers: No memory',
    );
    isBroken = false;
    clock.advance(reconcileSeconds);
    await vi.waitFor(async () =>
      expect(await agent.get('app50', signal)).toMatchObject({ carries: 'local', converged: true }),
    );
  });

  test('a guest that stops while the kernel is being converged is switched, and stays so', async () => {
    await agent.close();
    const gate = gated(kernel);
    agent = await started(gate.port);
    await agent.put(leaving('web60', { phase: 'following', workload: 'web60' }), signal);
    gate.close();
    const slow = agent.put(arriving('app50'), signal);
    await gate.reached;
    await agent.follow('web60', 'stopped');
    expect(kernel.toString()).toContain('route to 10.2.0.60 via 169.254.1.14 dev lht7');
    gate.open();
    await slow;
    expect(await agent.get('web60', signal)).toMatchObject({ carries: 'tunnel', converged: true });
  });

  test('a guest that runs again while the kernel is being converged is not switched back by what was seen before', async () => {
    await agent.close();
    const gate = gated(kernel);
    agent = await started(gate.port);
    await agent.put(leaving('web60', { phase: 'following', workload: 'web60' }), signal);
    await agent.follow('web60', 'stopped');
    kernel.ip.change('route del 10.2.0.60 table 254 proto 214'); // so that converging wants to put it back
    gate.close();
    const slow = agent.put(arriving('app50'), signal);
    await gate.reached;
    await agent.follow('web60', 'runs');
    gate.open();
    await slow;
    expect(await agent.get('web60', signal)).toMatchObject({ carries: 'local', converged: true });
  });
});

describe('sessions', () => {
  const second = { ...openSession, sourcePort: 40_001 };
  const flows = () =>
    kernel.tracking
      .toString()
      .split('\n')
      .filter((line) => line !== '');

  test('are handed over once; one that has ended since does not come back with a fresher list', async () => {
    await agent.put(arriving('app50', { sessions: [openSession] }), signal);
    expect(flows()).toHaveLength(1);
    await kernel.run(['conntrack', '-D', '-f', 'ipv4', '-d', '10.1.0.50']);
    await agent.put(arriving('app50', { phase: 'following', sessions: [openSession, second] }), signal);
    expect(flows()).toEqual([expect.stringContaining('sport=40001')]);
    expect((await agent.get('app50', signal))?.sessions).toEqual([second]);
  });

  test('that cannot be handed over are a difference, with the reason', async () => {
    await agent.close();
    kernel = fakeKernel({
      fails: (command) => (command.includes('conntrack -R') ? 'Operation not supported' : null),
    });
    agent = await started(kernel);
    expect(await agent.put(arriving('app50', { sessions: [openSession] }), signal)).toMatchObject({
      converged: false,
      differences: [
        expect.stringMatching(/^missing: 1 sessions not handed over \(.*Operation not supported\)$/),
      ],
    });
  });

  test('of the old address are forgotten when it is settled; those of the new one live on', async () => {
    await agent.put(arriving('app50', { sessions: [openSession] }), signal);
    const lasting =
      'tcp 6 300 ESTABLISHED src=192.0.2.10 dst=10.2.0.50 sport=5 dport=7000 src=10.1.0.50 dst=192.0.2.10 sport=7000 dport=5 [ASSURED]';
    kernel.tracking.track(lasting);
    await agent.put(arriving('app50', { phase: 'settled' }), signal);
    expect(flows()).toEqual([expect.stringContaining('dst=10.2.0.50')]);
    expect(await agent.sessions('10.1.0.50', signal)).toEqual([
      { ...openSession, sourcePort: 5, targetAddress: '10.1.0.50' },
    ]);
  });

  test('of a guest that is still here are not forgotten when its relocation is given up', async () => {
    kernel.tracking.track(
      'tcp 6 300 ESTABLISHED src=192.0.2.10 dst=10.2.0.60 sport=5 dport=7000 src=10.2.0.60 dst=192.0.2.10 sport=7000 dport=5 [ASSURED]',
    );
    const { sessions } = await agent.put(leaving('web60'), signal);
    expect(sessions).toHaveLength(1);
    await agent.put(leaving('web60', { phase: 'absent' }), signal);
    expect(flows()).toHaveLength(1);
  });
});

test('a quarantine ends by itself', async () => {
  await agent.put(leaving('web60', { phase: 'switched' }), signal);
  await agent.put(leaving('web60', { phase: 'settled', quarantineUntilSeconds: nowSeconds + 20 }), signal);
  expect(kernel.toString()).toContain('route local to 10.2.0.60');
  clock.advance(reconcileSeconds);
  await vi.waitFor(() => expect(kernel.toString()).not.toContain('10.2.0.60'));
  expect(await agent.get('web60', signal)).toMatchObject({ desired: 'settled', converged: true });
});

test('what others take away is put back by the timer', async () => {
  await agent.put(arriving('app50', { phase: 'switched' }), signal);
  const before = kernel.toString();
  kernel.ip.change('link del lht7');
  expect((await agent.get('app50', signal))?.differences).toContain(
    'missing: up lht7 alias lh:tunnel:paris up',
  );
  clock.advance(reconcileSeconds);
  await vi.waitFor(() => expect(kernel.toString()).toBe(before));
});

test('a file that cannot be read stops the start before anything is removed', async () => {
  await agent.put(arriving('app50', { phase: 'switched' }), signal);
  const before = kernel.toString();
  await mkdir(join(directory, 'relocations'), { recursive: true });
  for (const [text, reason] of [
    ['{ torn', 'JSON'],
    ['{"format":"longhaul-relocation/9"}', 'format: Invalid input'],
  ]) {
    await writeFile(join(directory, 'relocations', 'other.json'), text ?? '');
    const refused = await refusal(started(kernel));
    expect(refused).toMatch(/^LH_GATEWAY_STATE_UNREADABLE: Gateway of 'lyon' cannot read '.*other.json': /);
    expect(refused).toContain(reason);
  }
  expect(kernel.toString()).toBe(before);
});

test('a machine that is not the router it is said to be is left alone, with everything that is wrong with it', async () => {
  const other = new FakeKernel({
    devices: { lo: {}, wan0: {}, lan0: { address: '10.2.0.1', mac: '02:00:00:00:00:01' } },
  });
  other.ip.set('net/ipv4/ip_forward=0');
  const before = other.toString();
  expect(await refusal(started(other))).toBe(
    "LH_GATEWAY_UNFIT: Gateway of 'lyon' does not fit this machine: 'wan0' does not have the address 203.0.113.2; " +
      "'lan0' has the MAC address 02:00:00:00:00:01, not 00:00:5e:00:01:02; there is no device 'lan1.20'; " +
      'it does not forward packets (net/ipv4/ip_forward is not 1). It has changed nothing: mend the machine or its file',
  );
  expect(other.toString()).toBe(before);
});

test('the network is asked who holds an address; its default gateway is known without asking', async () => {
  await agent.close();
  agent = await started(fakeKernel({ neighbours: { '10.2.0.70': '02:00:00:00:09:70' } }));
  expect(await agent.probe('apps', '10.2.0.70', signal)).toEqual({ heldBy: '02:00:00:00:09:70' });
  expect(await agent.probe('apps', '10.2.0.71', signal)).toEqual({ heldBy: null });
  expect(await agent.probe('apps', '10.2.0.1', signal)).toEqual({ heldBy: '00:00:5e:00:01:02' });
  expect(await refusal(agent.probe('dmz', '10.2.0.1', signal))).toBe(
    "LH_NETWORK_UNKNOWN: Gateway of 'lyon' has no network 'dmz'; it has 'apps', 'data'",
  );
});

test('a gateway tells what another needs to know of it', () => {
  expect(agent.facts()).toEqual({
    tunnelAddress: '203.0.113.2',
    networks: [
      { name: 'apps', defaultGatewayMac: '00:00:5e:00:01:02' },
      { name: 'data', defaultGatewayMac: '00:00:5e:00:01:03' },
    ],
  });
});

/** A port whose observations can be held up: `reached` when one waits. */
function gated(inner: FakeKernel) {
  let open = (): void => undefined;
  let arrive = (): void => undefined;
  let barrier: Promise<void> | null = null;
  const reached = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const port: KernelPort = {
    run: async (argv, options) => {
      const result = await inner.run(argv, options);
      if (barrier !== null && argv.includes('-j') && argv[0] === 'ip') {
        arrive();
        await barrier;
      }
      return result;
    },
    lines: async (lines) => await inner.lines(lines),
    frames: async (device, frames) => await inner.frames(device, frames),
    devicesChanged: () => inner.devicesChanged(),
    keepReady: () => inner.keepReady(),
    close: async () => await inner.close(),
  };
  return {
    port,
    reached,
    close: () => {
      barrier = new Promise<void>((resolve) => {
        open = () => {
          barrier = null;
          resolve();
        };
      });
    },
    open: () => open(),
  };
}
