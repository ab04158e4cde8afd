import { FakeKernel } from '../../../gateway/kernel/fake.ts';
import { lyonDevices } from '../../support/relocation-states.ts';
import { kernelSuite } from '../../support/kernel-suite.ts';

kernelSuite('fake kernel', async () => {
  const port = new FakeKernel({ devices: lyonDevices });
  port.ip.change('route add 10.9.0.0 via 203.0.113.1 dev wan0 table 254 protocol 4');
  port.ip.change('neigh replace 10.2.0.201 lladdr 02:00:00:00:00:99 dev lan0');
  port.ip.change('rule add pref 500 iif lan0 lookup 900 protocol 4');
  const ours = /longhaul|lht|lhg|214|nf_conntrack|proxy_delay/;
  return {
    port,
    foreign: async () =>
      port
        .toString()
        .split('\n')
        .filter((line) => !ours.test(line))
        .join('\n'),
    restarted: async () => port,
  };
});
