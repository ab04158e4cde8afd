import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGatewayAgent } from '../../../../gateway/agent/agent.ts';
import type { GatewayAgent } from '../../../../gateway/agent/gateway-agent.ts';
import { FakeKernel } from '../../../../gateway/kernel/fake.ts';
import type { KernelPort } from '../../../../gateway/kernel/port.ts';
import { VirtualClock } from '../../../../src/world/virtual.ts';
import { openSession, storyOf, type StoryStep } from '../../../support/gateway-story.ts';
import { silentLog } from '../../../support/log.ts';
import { mortalKernel } from '../../../support/mortal-kernel.ts';
import { arriving, leaving, lyon, lyonDevices, nowSeconds } from '../../../support/relocation-states.ts';

const { signal } = new AbortController();
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lhgw-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

const newKernel = () => new FakeKernel({ devices: lyonDevices });

async function started(kernel: KernelPort, folder: string): Promise<GatewayAgent> {
  const agent = createGatewayAgent({
    configuration: lyon,
    kernel,
    directory: join(directory, folder),
    clock: new VirtualClock({ epochSeconds: nowSeconds }), // nobody lets it run: what sleeps, sleeps
    log: silentLog,
  });
  await agent.start(signal);
  return agent;
}

/** The kernel at first, then after each step when nobody dies. */
async function undisturbed(story: readonly StoryStep[]): Promise<readonly string[]> {
  const kernel = newKernel();
  const agent = await started(kernel, 'undisturbed');
  const texts = [kernel.toString()];
  for (const step of story) {
    await step.tell(agent, signal);
    texts.push(kernel.toString());
  }
  return texts;
}

const relocations = [arriving('app50', { workload: 'shop' }), leaving('web60', { workload: 'shop' })];
for (const [relocation, comesHome] of relocations.flatMap((each) => [
  [each, false] as const,
  [each, true] as const,
])) {
  const story = storyOf(relocation, [openSession], { comesHome });
  const steps = story.map(({ name }, index) => ({ name, index })).slice(comesHome ? 5 : 0);
  const way = comesHome ? ', on the way home' : '';
  describe(`${relocation.role}${way}: killed at every change of every step, told again after a restart`, () => {
    test.each(steps)('$name', async ({ index }) => {
      const [before, expected] = (await undisturbed(story)).slice(index, index + 2);
      let kills = 0;
      for (let changes = 0; ; changes++) {
        const kernel = newKernel();
        const folder = `${changes}`;
        const healthy = await started(kernel, folder);
        for (const step of story.slice(0, index)) await step.tell(healthy, signal);
        const mortal = mortalKernel(kernel, changes);
        const doomed = started(mortal, folder).then((agent) => story[index]?.tell(agent, signal));
        const survived = await Promise.race([doomed.then(() => true), mortal.died.then(() => false)]);
        if (survived) break;
        kills++;
        const next = await started(kernel, folder);
        await story[index]?.tell(next, signal);
        expect(`killed after ${changes} changes:\n${kernel.toString()}`).toBe(
          `killed after ${changes} changes:\n${expected ?? ''}`,
        );
      }
      expect(kills > 0).toBe(before !== expected);
    });
  });
}

test('a restart in the middle of a move changes nothing in the kernel', async () => {
  const kernel = newKernel();
  const story = storyOf(arriving('app50', { workload: 'shop' }), [openSession]);
  for (const [index, step] of story.entries()) {
    await step.tell(await started(kernel, 'one'), signal);
    const before = kernel.toString();
    await started(kernel, 'one');
    expect([index, kernel.toString()]).toEqual([index, before]);
  }
});

test('a guest that stopped while the agent was killed stays switched, also when the disk had not heard of it', async () => {
  const kernel = newKernel();
  const story = storyOf(leaving('web60', { workload: 'shop' }), []);
  const agent = await started(kernel, 'one');
  for (const step of story.slice(0, 2)) await step.tell(agent, signal);
  // The switch as the fast path makes it, by an agent that dies before it writes.
  kernel.ip.change('route replace 10.2.0.60 via 169.254.1.14 dev lht7 onlink table 254 protocol 214');
  const next = await started(kernel, 'one');
  expect(await next.get('web60', signal)).toMatchObject({ carries: 'tunnel', converged: true });
});

test('after a reboot, with an empty kernel, everything is built again from disk', async () => {
  const kernel = newKernel();
  const story = storyOf(arriving('app50', { workload: 'shop' }), []);
  const agent = await started(kernel, 'one');
  for (const step of story.slice(0, 3)) await step.tell(agent, signal);
  const rebooted = newKernel();
  await started(rebooted, 'one');
  expect(rebooted.toString()).toBe(kernel.toString());
});

test('leftovers of a relocation that the disk does not know are swept, once the disk has been read', async () => {
  const kernel = newKernel();
  const empty = kernel.toString();
  const agent = await started(kernel, 'one');
  const permanent = kernel.toString();
  for (const step of storyOf(arriving('app50'), []).slice(0, 3)) await step.tell(agent, signal);
  await started(kernel, 'another');
  expect(kernel.toString().replace('setting net/ipv4/neigh/lan0/proxy_delay=0\n', '')).toBe(permanent);
  expect(permanent).not.toBe(empty);
});
