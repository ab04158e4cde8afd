import type { Layout } from '../layout.ts';
import { connectRelay } from '../relay.ts';
import { sampleSeconds } from '../limits.ts';
import { readTunnels } from '../remains.ts';
import type { LabWorld } from '../world.ts';
import type { Sighting } from './report.ts';

/** Looks at the wire and at the tunnel, again and again, and once more when it is told to end. */
export class Watch {
  readonly #world: LabWorld;
  readonly #layout: Layout;
  readonly #wire: Sighting['wire'][number][] = [];
  readonly #tunnel: Sighting['tunnel'][number][] = [];
  readonly #ending = new AbortController();
  readonly #done: Promise<void>;

  constructor(world: LabWorld, layout: Layout) {
    this.#world = world;
    this.#layout = layout;
    this.#done = this.#run();
  }

  async end(): Promise<Pick<Sighting, 'wire' | 'tunnel'>> {
    this.#ending.abort();
    await this.#done;
    return { wire: this.#wire, tunnel: this.#tunnel };
  }

  async #run(): Promise<void> {
    const { clock, directories } = this.#world;
    const relay = connectRelay(directories.runtime);
    for (let isLast = false; !isLast; ) {
      isLast = this.#ending.signal.aborted;
      await this.#look(relay).catch((error: unknown) => this.#world.say(`no sample: ${String(error)}`));
      if (!isLast) await clock.sleep(sampleSeconds, this.#ending.signal).catch(() => undefined); // told to end
    }
  }

  async #look(relay: ReturnType<typeof connectRelay>): Promise<void> {
    const { run, clock } = this.#world;
    const wan = (await relay.stats()).circuits['wan']?.forward;
    if (wan !== undefined)
      this.#wire.push({ atSeconds: clock.nowSeconds(), bytes: wan.wireBytes - wan.controlWireBytes });
    const tunnels = await readTunnels(run, this.#layout.sites.a.gateway);
    this.#tunnel.push({ atSeconds: clock.nowSeconds(), stands: tunnels.length > 0 });
  }
}
