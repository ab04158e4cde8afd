import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGatewayAgent } from '../../gateway/agent/agent.ts';
import type { GatewayAgent } from '../../gateway/agent/gateway-agent.ts';
import type { KernelPort } from '../../gateway/kernel/port.ts';
import { createRandom } from '../../src/world/random.ts';
import { realClock } from '../../src/world/real.ts';
import { gatewayLabNeeds } from '../support/gateway-lab.ts';
import { openSession, storyOf, type StoryStep } from '../support/gateway-story.ts';
import { silentLog } from '../support/log.ts';
import { mortalKernel } from '../support/mortal-kernel.ts';
import { arriving, leaving, lyon } from '../support/relocation-states.ts';
import { requires } from '../support/requires.ts';
import { routerNamespace, type RouterNamespace } from '../support/router-namespace.ts';

/** One gateway, alone in a namespace (router-namespace.ts), that dies again and again. */
requires('gateway: killed agents', gatewayLabNeeds(), () => {
  const { signal } = new AbortController();
  const relocations = {
    target: arriving('app50', { workload: 'shop' }),
    source: leaving('web60', { workload: 'shop' }),
  };
  let router: RouterNamespace;
  let directory: string;

  beforeEach(async () => {
    router = await routerNamespace(`lhc${process.pid}`);
    directory = await mkdtemp(join(tmpdir(), 'lhgw-'));
  });
  afterEach(async () => {
    await router.down();
    await rm(directory, { recursive: true });
  });

  async function started(kernel: KernelPort): Promise<GatewayAgent> {
    const agent = createGatewayAgent({
      configuration: lyon,
      kernel,
      directory,
      clock: realClock,
      log: silentLog,
    });
    await agent.start(signal);
    return agent;
  }

  async function tell(steps: readonly StoryStep[]): Promise<void> {
    const agent = await started(router.kernel());
    for (const step of steps) await step.tell(agent, signal);
    await agent.close();
  }

  /** The namespace at first, then after each step when nobody dies. */
  async function undisturbed(story: readonly StoryStep[]): Promise<readonly string[]> {
    await tell([]);
    const snapshots = [await router.snapshot()];
    for (const step of story) {
      await tell([step]);
      snapshots.push(await router.snapshot());
    }
    return snapshots;
  }

  describe.each(['target', 'source'] as const)('%s', (role) => {
    const story = storyOf(relocations[role], [openSession]);

    test('killed at every change of every step, told again after a restart: the same kernel state', async () => {
      const expected = await undisturbed(story);
      const foreign = await router.foreign();
      const changing = story.filter((_, index) => expected[index] !== expected[index + 1]);
      let kills = 0;
      for (const step of changing) {
        const index = story.indexOf(step);
        for (let changes = 0; ; changes++) {
          await tell([story[index - 1] ?? absentStep(role)]);
          const mortal = mortalKernel(router.kernel(), changes);
          const told = started(mortal).then(async (agent) => {
            await step.tell(agent, signal);
            return agent;
          });
          const survivor = await Promise.race([told, mortal.died.then(() => null)]);
          if (survivor !== null) {
            await survivor.close(); // its timer would converge the next test's namespace, which has the same name
            break;
          }
          kills++;
          await tell([step]);
          expect(`${step.name}, killed after ${changes} changes:\n${await router.snapshot()}`).toBe(
            `${step.name}, killed after ${changes} changes:\n${expected[index + 1] ?? ''}`,
          );
        }
      }
      expect(kills).toBeGreaterThan(changing.length);
      expect(await router.foreign()).toBe(foreign);
    });

    test('SIGKILL at any moment: a new agent brings the kernel to the same state, no helper is left behind', async () => {
      const seed = Number(process.env['SEED'] ?? 1);
      const random = createRandom(seed);
      const expected = await undisturbed(story);
      for (let round = 0; round < 5; round++) {
        const index = Math.floor(random.next() * story.length);
        const name = story[index]?.name ?? '';
        await killedAt(role, name, random.next() * 0.3);
        await tell([absentStep(role), ...story.slice(0, index + 1)]);
        expect(`seed ${seed}, ${name}:\n${await router.snapshot()}`).toBe(
          `seed ${seed}, ${name}:\n${expected[index + 1] ?? ''}`,
        );
      }
    });
  });

  function absentStep(role: 'target' | 'source'): StoryStep {
    return {
      name: 'absent',
      tell: async (agent) => await agent.put({ ...relocations[role], phase: 'absent' }, signal),
    };
  }

  /** Starts an agent in a process of its own and kills it so many seconds after the step has begun. */
  async function killedAt(role: string, step: string, seconds: number): Promise<void> {
    const script = join(import.meta.dirname, '../support/gateway-until-killed.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', script, router.name, directory, role, step], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk) => {
        if (String(chunk).split('\n').includes(step)) resolve();
      });
    });
    await realClock.sleep(seconds);
    child.kill('SIGKILL');
    await ended;
    const deadline = realClock.monotonicSeconds() + 5;
    while ((await router.processes()).length > 0) {
      expect(realClock.monotonicSeconds(), 'a helper outlived its agent').toBeLessThan(deadline);
      await realClock.sleep(0.05);
    }
  }
});
