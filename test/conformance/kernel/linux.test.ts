import { afterEach } from 'vitest';
import { gatewayLabNeeds } from '../../support/gateway-lab.ts';
import { kernelSuite } from '../../support/kernel-suite.ts';
import { requires } from '../../support/requires.ts';
import { routerNamespace, type RouterNamespace } from '../../support/router-namespace.ts';

requires('the kernel of this machine', gatewayLabNeeds(), () => {
  let count = 0;
  let router: RouterNamespace | null = null;
  afterEach(async () => {
    await router?.down();
    router = null;
  });

  kernelSuite('linux kernel', async () => {
    const created = await routerNamespace(`lhk${process.pid}-${count++}`);
    router = created;
    return {
      port: created.kernel(),
      foreign: async () => await created.foreign(),
      restarted: async () => created.kernel(),
    };
  });
});
