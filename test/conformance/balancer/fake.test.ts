import { createFakeBalancer } from '../../../gateway/balancer/fake.ts';
import { balancerSuite } from '../../support/balancer-suite.ts';

balancerSuite(async (use) => {
  const driver = createFakeBalancer('lb-a', { app: ['10.1.0.10'] });
  await use({
    driver,
    oldAddress: '10.1.0.10',
    newAddress: '10.2.0.10',
    openSession: async (address) => {
      driver.setSessions('app', address, 1);
      return async () => driver.setSessions('app', address, 0);
    },
  });
});
