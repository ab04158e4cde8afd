import { createFakeDns } from '../../../gateway/dns/fake.ts';
import { dnsSuite, initialRecords } from '../../support/dns-suite.ts';

const zones = Object.keys(initialRecords);

dnsSuite(async (use) => {
  const driver = createFakeDns([{ name: 'ns-a', address: '192.0.2.1', port: 53, zones, key: null }]);
  for (const [zone, lines] of Object.entries(initialRecords)) {
    for (const line of lines) {
      const [label = '', ttl = '60', type, data = ''] = line.split(' ');
      if (type === 'A' || type === 'PTR')
        driver.set(`${label}.${zone}`, type, [{ ttlSeconds: Number(ttl), data: data.replace(/\.$/, '') }]);
    }
  }
  await use(driver, ['ns-a']);
});
