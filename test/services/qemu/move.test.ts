import { expect, test } from 'vitest';
import { createQemuLab, guestOf } from '../../support/qemu.ts';
import { settings } from '../../support/site-suite.ts';

const signal = AbortSignal.timeout(100_000);
test('a guest crosses', async () => {
  const lab = await createQemuLab();
  try {
    const paris = await lab.open('paris');
    const lyon = await lab.open('lyon');
    const t0 = performance.now();
    const log = (what: string, more: unknown = '') =>
      console.log(`${((performance.now() - t0) / 1000).toFixed(3)} ${what}`, more);
    paris.onChange((c) => log('paris', c));
    lyon.onChange((c) => log('lyon', c));
    const spec = { host: 'paris-1', content: 'guest' as const, settings, nics: [], definition: guestOf() };
    await paris.start('app', spec, signal);
    while ((await paris.heartbeat('app')) === null) await new Promise((r) => setTimeout(r, 100));
    log('booted', await paris.inspect('app', signal));
    log('dirty', await paris.measureDirty('app', 1, signal));
    const { uri } = await lyon.prepareTarget(
      'app',
      { ...spec, host: 'lyon-1', definition: await paris.define('app') },
      signal,
    );
    log(uri);
    await paris.startTransfer('app', { uri, content: 'guest', settings }, signal);
    for (
      let g = await paris.inspect('app', signal);
      g.state !== 'sent';
      g = await paris.inspect('app', signal)
    ) {
      log('p', JSON.stringify(g.transfer));
      await new Promise((r) => setTimeout(r, 200));
    }
    log('sent', await paris.inspect('app', signal));
    log('target', await lyon.inspect('app', signal));
    await lyon.resume('app', signal);
    const a = await lyon.heartbeat('app');
    await new Promise((r) => setTimeout(r, 1000));
    const b = await lyon.heartbeat('app');
    log('beats', [a, b, await paris.heartbeat('app')]);
    await paris.discard('app', signal);
    log('end', [(await paris.inspect('app', signal)).state, await lyon.inspect('app', signal)]);
    expect(b!.count).toBeGreaterThan(0);
  } finally {
    await lab.close();
  }
});
