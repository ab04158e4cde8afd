import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { createGatewayAgent } from '../../gateway/agent/agent.ts';
import type { GatewayAgent } from '../../gateway/agent/gateway-agent.ts';
import { FakeKernel, type FakeKernelOptions } from '../../gateway/kernel/fake.ts';
import type { KernelPort } from '../../gateway/kernel/port.ts';
import { HandClock } from './hand-clock.ts';
import { silentLog } from './log.ts';
import { lyon, lyonDevices, nowSeconds } from './relocation-states.ts';

export function fakeKernel(options: Partial<FakeKernelOptions> = {}): FakeKernel {
  return new FakeKernel({ devices: lyonDevices, ...options });
}

/** Lyon's gateway agent over a fake kernel; in a file that makes one, each test finds a new agent in it. */
export class GatewayStand {
  directory = '';
  clock = new HandClock(nowSeconds);
  kernel = fakeKernel();
  agent!: GatewayAgent;

  constructor() {
    beforeEach(async () => {
      this.directory = await mkdtemp(join(tmpdir(), 'lhgw-'));
      this.clock = new HandClock(nowSeconds);
      this.kernel = fakeKernel();
      this.agent = await this.started(this.kernel);
    });
    afterEach(async () => {
      await this.agent.close();
      await rm(this.directory, { recursive: true });
    });
  }

  async started(kernel: KernelPort): Promise<GatewayAgent> {
    const { directory, clock } = this;
    const created = createGatewayAgent({ configuration: lyon, kernel, directory, clock, log: silentLog });
    await created.start(new AbortController().signal);
    return created;
  }
}
